// External data that tries to leave the model's folder, or to read what a file does not have.
#include <sys/stat.h>

#include "base/file.h"
#include "hostile/workshop.h"

namespace burnish::test {
namespace {

namespace fs = std::filesystem;

/// An initializer at `location`; `prepare` lays files, links and pipes.
HostileCase located(const std::string& name, const std::string& location, const std::string& message,
                    std::function<void(Workshop&)> prepare = {}) {
  return {name, message, [location, prepare](Workshop& w) {
            write_bytes(w.folder.parent_path() / "secret", 24);
            fill_external(w.graph().add_initializer(), "w", location);
            if (prepare) prepare(w);
          }};
}

/// An initializer in a good file of 24 bytes, with one entry more.
HostileCase entry(const std::string& name, const std::string& key, const std::string& value, const std::string& message) {
  return {name, message, [key, value](Workshop& w) {
            write_bytes(w.folder / "data", 24);
            set_external(fill_external(w.graph().add_initializer(), "w", "data"), key, value);
          }};
}

}  // namespace

std::vector<HostileCase> hostile_external_data() {
  return {
      located("dots", "../secret", "external data `../secret` leaves the model's folder through `..`"),
      located("dots_inside", "sub/../../secret", "through `..`"),
      located("dots_that_stay_inside", "sub/../data", "through `..`"),
      located("absolute_path", "/etc/hostname", "external data `/etc/hostname` has an absolute path"),
      located("no_location", "", "external data has no location"),
      located("location_with_nul", std::string("data\0x", 6), "NUL"),
      located("missing_file", "data", "external data `data` is not in the model's folder"),
      located("file_as_folder", "model.onnx/data", "cannot open external data"),
      located("symbolic_link_out", "data", "external data `data` leads out of the model's folder",
              [](Workshop& w) { fs::create_symlink(w.folder.parent_path() / "secret", w.folder / "data"); }),
      located("relative_symbolic_link_out", "data", "leads out of the model's folder",
              [](Workshop& w) { fs::create_symlink("../secret", w.folder / "data"); }),
      located("linked_folder_out", "sub/secret", "leads out of the model's folder",
              [](Workshop& w) { fs::create_directory_symlink(w.folder.parent_path(), w.folder / "sub"); }),
      located("link_to_a_link_out", "data", "leads out of the model's folder",
              [](Workshop& w) {
                fs::create_symlink("../secret", w.folder / "middle");
                fs::create_symlink("middle", w.folder / "data");
              }),
      located("link_to_itself", "data", "cannot open external data `data`",
              [](Workshop& w) { fs::create_symlink("data", w.folder / "data"); }),
      located("neighbour_with_the_same_prefix", "data", "leads out of the model's folder",
              [](Workshop& w) {
                fs::create_directory(w.folder.string() + "_other");
                write_bytes(w.folder.string() + "_other/data", 24);
                fs::create_symlink(w.folder.string() + "_other/data", w.folder / "data");
              }),
      located("link_out_beside_a_linked_model", "data", "leads out of the model's folder",
              [](Workshop& w) {
                const fs::path blobs = w.folder.parent_path() / "blobs";
                fs::create_directory(blobs);
                write_file(blobs / "abc", w.model.SerializeAsString());
                w.model_file = w.folder / "link.onnx";
                fs::create_symlink(blobs / "abc", w.model_file);
                fs::create_symlink(w.folder.parent_path() / "secret", w.folder / "data");
              }),
      located("hard_link", "data", "external data `data` is a hard link",
              [](Workshop& w) { fs::create_hard_link(w.folder.parent_path() / "secret", w.folder / "data"); }),
      located("pipe", "data", "external data `data` is not a regular file",
              [](Workshop& w) { ::mkfifo((w.folder / "data").c_str(), 0600); }),
      located("device", "data", "leads out of the model's folder", [](Workshop& w) { fs::create_symlink("/dev/zero", w.folder / "data"); }),
      located("folder_as_data", "data", "external data `data` is not a regular file",
              [](Workshop& w) { fs::create_directory(w.folder / "data"); }),
      located("file_too_short", "data", "external data `data` has 23 bytes, but the tensor needs 24 from offset 0",
              [](Workshop& w) { write_bytes(w.folder / "data", 23); }),
      entry("negative_offset", "offset", "-4", "has the offset `-4`, which is no size"),
      entry("negative_length", "length", "-24", "has the length `-24`, which is no size"),
      entry("huge_offset", "offset", "18446744073709551615", "but the tensor needs 24 from offset 18446744073709551615"),
      entry("offset_overflows", "offset", "99999999999999999999999", "which is no size"),
      entry("offset_past_the_end", "offset", "1", "has 24 bytes, but the tensor needs 24 from offset 1"),
      entry("offset_with_rubbish", "offset", "0x10", "which is no size"),
      entry("wrong_length", "length", "20", "gives 20 bytes, but the tensor needs 24"),
      entry("two_locations", "location", "other", "gives `location` twice"),
      {"overlapping_ranges", "overlap those of another tensor",
       [](Workshop& w) {
         write_bytes(w.folder / "data", 64);
         fill_external(w.graph().add_initializer(), "w", "data");
         set_external(fill_external(w.graph().add_initializer(), "v", "data"), "offset", "8");
       }},
      {"sparse_initializer_outside", "external data `../secret` leaves the model's folder",
       [](Workshop& w) {
         proto::SparseTensorProto& sparse = *w.graph().add_sparse_initializer();
         fill_external(sparse.mutable_values(), "w", "../secret");
         fill(sparse.mutable_indices(), "", {6}, 7, std::string(48, '\0'));
         sparse.add_dims(6);
       }},
      {"constant_node_outside", "external data `../secret` leaves the model's folder",
       [](Workshop& w) {
         proto::AttributeProto& attribute = *add_node(w.graph().add_node(), "Constant", {}, {"c"}).add_attribute();
         attribute.set_name("value");
         attribute.set_type(proto::AttributeProto::TENSOR);
         fill_external(attribute.mutable_t(), "", "../secret");
       }},
      {"body_initializer_outside", "external data `../secret` leaves the model's folder",
       [](Workshop& w) {
         declare(w.graph().add_input(), "c", {}, 9);
         proto::NodeProto& node = add_node(w.graph().add_node(), "If", {"c"}, {"z"});
         for (const char* branch : {"then_branch", "else_branch"}) {
           proto::GraphProto& body = add_body(node, branch);
           fill_external(body.add_initializer(), "w", "../secret");
           declare(body.add_output(), "w", {2, 3});
         }
       }},
  };
}

}  // namespace burnish::test
