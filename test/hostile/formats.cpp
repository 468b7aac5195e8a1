// Files that are no model, or are of another version.
#include "hostile/workshop.h"

namespace burnish::test {

std::vector<HostileCase> hostile_formats() {
  return {
      {"empty_file", "it is empty", [](Workshop& w) { w.bytes = ""; }},
      {"garbage", "not an ONNX model", [](Workshop& w) { w.bytes = std::string(4096, '\xff'); }},
      {"text_file", "not an ONNX model", [](Workshop& w) { w.bytes = "import numpy as np\n"; }},
      {"zip_archive", "not an ONNX model", [](Workshop& w) { w.bytes = std::string("PK\3\4\0\0\0\0", 8); }},
      {"cut_off", "cut off",
       [](Workshop& w) {
         w.bytes = w.model.SerializeAsString();
         w.bytes->resize(w.bytes->size() - 5);
       }},
      {"length_beyond_the_end", "not an ONNX model", [](Workshop& w) { w.bytes = std::string("\x3a\xff\xff\xff\x7f", 5); }},
      {"no_ir_version", "it has no ir_version", [](Workshop& w) { w.model.clear_ir_version(); }},
      {"no_graph", "it has no graph", [](Workshop& w) { w.model.clear_graph(); }},
      {"old_ir_version", "IR version 2; Burnish reads 3 to 13", [](Workshop& w) { w.model.set_ir_version(2); }},
      {"future_ir_version", "IR version 99; Burnish reads 3 to 13", [](Workshop& w) { w.model.set_ir_version(99); }},
      {"negative_ir_version", "IR version -8", [](Workshop& w) { w.model.set_ir_version(-8); }},
      {"future_opset", "opset 4711 of ai.onnx; Burnish knows 1 to 27",
       [](Workshop& w) { w.model.mutable_opset_import(0)->set_version(4711); }},
      {"opset_zero", "opset 0 of ai.onnx does not exist", [](Workshop& w) { w.model.mutable_opset_import(0)->set_version(0); }},
      {"two_opsets_of_one_domain", "imports ai.onnx twice",
       [](Workshop& w) {
         w.model.add_opset_import()->set_domain("ai.onnx");
         w.model.mutable_opset_import(1)->set_version(11);
       }},
      {"no_opset", "Relu (domain ai.onnx, which the model does not import)", [](Workshop& w) { w.model.clear_opset_import(); }},
      {"absurd_nesting", "nested too deeply",
       [](Workshop& w) {
         proto::GraphProto* graph = &w.graph();
         for (int i = 0; i < 500; ++i) graph = &add_body(*graph->add_node(), "body");
       }},
      {"endless_type", "nested too deeply",
       [](Workshop& w) {
         proto::TypeProto* type = w.graph().mutable_input(0)->mutable_type();
         for (int i = 0; i < 500; ++i) type = type->mutable_sequence_type()->mutable_elem_type();
       }},
      {"a_folder", "not a regular file", [](Workshop& w) { w.model_file = w.folder; }},
      {"no_such_file", "cannot open", [](Workshop& w) { w.model_file = w.folder / "other.onnx"; }},
  };
}

}  // namespace burnish::test
