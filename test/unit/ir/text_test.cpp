// The text form of graphs: literal texts, exact round trips, and hostile texts, each of which has to end in an Error.
#include "ir/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "ir/verify.h"
#include "ops/identity.h"
#include "ops/split.h"
#include "ops/transpose.h"

namespace burnish {
namespace {

using ops::Identity;

void expect_round_trip(const std::string& text) {
  const Graph graph = parse_graph(text);
  verify(graph);
  EXPECT_EQ(print(graph), text);
}

TEST(GraphText, PrintsAsDocumented) {
  expect_round_trip(R"(graph "digits" {
  symbol N: 1..64
  %image: f32[N,1,8,8] = input
  %shape: i64[2] = constant [-1, 64]
  %flat: f32[N,64] = Reshape(%image, %shape) "flatten_1" from "Flatten_0", "Identity_1"
  %w: f32[1,2] = constant [0.5, -0]
  %t: f32[2,1] = Transpose{perm=[1,0]}(%w)
  output %flat as "digits"
  output %t
}
)");
}

TEST(GraphText, NamesMayBeAnything) {
  Graph graph;
  graph.name = "a \"name\"\n";
  const TensorType type{DType::f32, Shape{Dim::symbol("batch size")}, {}};
  const ValueId x = graph.add_input("/model/x:0", type);
  const ValueId y = graph.add_input("", type);
  const ValueId z = graph.add_input("/model/x:0", type);
  const ValueId w = graph.add_input("_", type);
  for (const ValueId id : {x, y, z, w}) graph.add_output(graph.node(graph.add_node(Identity{}, {id}, 1, {"same"})).outputs[0]);
  const std::string text = print(graph);
  EXPECT_THAT(text, testing::HasSubstr("%\"/model/x:0\": f32[\"batch size\"] = input\n"));
  EXPECT_THAT(text, testing::HasSubstr("%v: "));
  EXPECT_THAT(text, testing::HasSubstr("%\"/model/x:0_1\": "));
  EXPECT_THAT(text, testing::HasSubstr("output %same_3 as \"same\""));
  const Graph again = parse_graph(text);
  EXPECT_EQ(print(again), text);
  EXPECT_EQ(again.name, graph.name);
  EXPECT_EQ(again.output_name(3), "same");
}

Tensor of_bytes(DType dtype, std::vector<uint8_t> bytes) {
  Tensor tensor(dtype, {static_cast<int64_t>(bytes.size() / byte_size(dtype))});
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<uint8_t*>(tensor.mutable_data()));
  return tensor;
}

TEST(GraphText, ConstantsAreExact) {
  std::vector<Tensor> tensors{
      Tensor::of<float>({3}, {0.1F, -0.0F, 1e-45F}),
      of_bytes(DType::f32, {0, 0, 0xc0, 0x7f, 0, 0, 0xc0, 0xff, 1, 0, 0x80, 0x7f, 0, 0, 0x80, 0xff}),
      Tensor::of<double>({2}, {1.0 / 3, 5e-324}),
      of_bytes(DType::f64, {1, 0, 0, 0, 0, 0, 0xf8, 0x7f}),
      Tensor::of<int64_t>({2}, {INT64_MIN, INT64_MAX}),
      Tensor::of<uint64_t>({1}, {UINT64_MAX}),
      Tensor::of<bool>({2}, {true, false}),
      of_bytes(DType::boolean, {2}),
      of_bytes(DType::i4, {0xf9, 7}),
      of_bytes(DType::f16, {0, 0x7c, 1, 0x7c, 0, 0x80}),
      of_bytes(DType::c64, {0, 0, 0x80, 0x3f, 0, 0, 0, 0x80}),
      Tensor::of_strings({3}, {"", "a\"b\\\n\x01", "# %x"}),
      Tensor(DType::f32, {0, 3}),
      Tensor(DType::string, {0}),
      Tensor::of<float>({}, {2.5F}),
  };
  for (const DType dtype : {DType::f8e4m3fn, DType::f8e4m3fnuz, DType::f8e5m2, DType::f8e5m2fnuz, DType::f8e8m0})
    for (unsigned first = 0; first < 256; first += 16) {
      std::vector<uint8_t> codes;
      for (unsigned code = first; code < first + 16; ++code) codes.push_back(static_cast<uint8_t>(code));
      tensors.push_back(of_bytes(dtype, codes));
    }
  for (const Tensor& tensor : tensors) {
    Graph graph;
    graph.add_output(graph.add_constant(tensor, "c"));
    const std::string text = print(graph);
    const Graph again = parse_graph(text);
    EXPECT_TRUE(again.constant(again.outputs()[0])->identical(tensor)) << text;
    EXPECT_EQ(print(again), text);
  }
}

TEST(GraphText, LargeConstantsComeFromTheStore) {
  Graph graph;
  graph.add_output(graph.add_constant(Tensor(DType::f32, {17}), "c"));
  std::map<Hash128, std::shared_ptr<const Tensor>> stored;
  PrintOptions options;
  options.store = [&](const Hash128& hash, const std::shared_ptr<const Tensor>& tensor) { stored[hash] = tensor; };
  const std::string text = print(graph, options);
  EXPECT_EQ(stored.size(), 1U);
  const Graph again = parse_graph(text, [&](const Hash128& hash) { return stored.at(hash); });
  EXPECT_TRUE(again.constant(again.outputs()[0])->identical(Tensor(DType::f32, {17})));
  EXPECT_THROW(parse_graph(text), Error);
  EXPECT_THROW(parse_graph(text, [](const Hash128&) { return std::make_shared<const Tensor>(DType::f32, Dims{18}); }), Error);
}

TEST(GraphText, ContentHashTellsTypeAndDimensionsApart) {
  const Tensor tensor(DType::f32, {2, 3});
  EXPECT_EQ(content_hash(tensor), content_hash(tensor.clone()));
  EXPECT_NE(content_hash(tensor), content_hash(tensor.reshaped({3, 2})));
  EXPECT_NE(content_hash(tensor), content_hash(Tensor(DType::i32, {2, 3})));
  EXPECT_NE(content_hash(Tensor::of_strings({2}, {"a", "bc"})), content_hash(Tensor::of_strings({2}, {"ab", "c"})));
}

TEST(GraphText, RegionsAndSeveralOutputs) {
  expect_round_trip(R"(graph "g" {
  %c: boolean[] = input
  %x: f32[4] = input
  %a: f32[2], %b: f32[2] = Split(%x)
  %r: f32[2] = If(%c, %a, %b) {
    graph "then" {
      %a: f32[2] = input
      output %a
    }
    graph "else" {
      %b: f32[2] = input
      %t: f32[2] = Transpose(%b)
      output %t
    }
  } "choose" from "If_0"
  output %r
}
)");
}

TEST(GraphText, UnknownSizesKeepTheirNames) {
  expect_round_trip(R"(graph "g" {
  %x: f32[N] = input
  %i: i64[1,?7] = NonZero(%x)
  %t: i64[?7,1] = Transpose(%i)
  %j: i64[1,?3] = NonZero(%x)
  output %t
  output %j
}
)");
}

TEST(GraphText, OmittedInputsAndComments) {
  const Graph graph =
      parse_graph("# a comment\ngraph \"\" { %x: f32[4] = input # here too\n %a: f32[2], %b: f32[2] = Split(%x, _) output %a }");
  EXPECT_FALSE(graph.node(NodeId{0}).inputs[1].valid());
  EXPECT_THAT(print(graph), testing::HasSubstr("Split(%x, _)"));
}

/// A body that is read between "graph \"\" {" and "}".
std::string in_graph(const std::string& body) { return "graph \"\" { %x: f32[2,3] = input " + body + " }"; }

TEST(HostileText, IsAnError) {
  const std::vector<std::string> bodies{
      "%y: f32[2,3] = Nonsense(%x)",
      "%y: f32[2,3] = Identity(%z)",
      "%y: f32[2,3] = Identity(%y)",
      "%x: f32[2,3] = Identity(%x)",
      "%y: f32[3,2] = Identity(%x)",
      "%y: f64[2,3] = Identity(%x)",
      "%y: f32[2,3] = Identity(%x",
      "%y: f32[2,3] = Identity{(%x)",
      "%y: f32[2,3] = Identity{\"(%x)",
      "%y: f32[2,3] = Identity(%x, %x)",
      "%y: f32[2,3] = Identity()",
      "%y: f32[2,3] = Identity(_)",
      "%y: f32[3,2] = Transpose{perm=[1,0]",
      "%y: f32[3,2] = Transpose{perm=[9,9]}(%x)",
      "%y: f32[3,2] = Transpose{perm=[99999999999999999999,0]}(%x)",
      "%y: f32[3,2] = Transpose{what=1}(%x)",
      "%a: f32[2,3], %a: f32[2,3] = Split(%x)",
      "%a: f32[1,3], %a: f32[1,3] = Split(%x)",
      "%a: f32[1,3], %b: f32[1,3] = input",
      "%a: f32[1,3], = Split(%x)",
      "%c: f32[1000000000000] = constant [1]",
      "%c: f32[9223372036854775807] = constant []",
      "%c: f32[9223372036854775807,9223372036854775807] = constant []",
      "%c: f32[-1] = constant []",
      "%c: f32[N] = constant [1]",
      "%c: f32[1] = constant [1, 2]",
      "%c: f32[2] = constant [1 2]",
      "%c: f32[1] = constant [one]",
      "%c: u8[1] = constant [256]",
      "%c: u8[1] = constant [-1]",
      "%c: u64[1] = constant [-1]",
      "%c: u64[1] = constant [99999999999999999999]",
      "%c: f32[1] = constant [bits(99999999999)]",
      "%c: f32[1] = constant @123",
      "%c: f32[1] = constant @00000000000000000000000000000000",
      "%c: string[1] = constant [abc]",
      "%c: string[1] = constant [\"abc]",
      "%c: f32[1]{0} = constant [1]",
      "%c: f32[1] = ",
      "%c: f32[1]",
      "%c = input",
      "% : f32[1] = input",
      "%\"unclosed: f32[1] = input",
      "output %y",
      "output",
      "output %x as",
      "symbol N: 5..1",
      "symbol N: -1..1",
      "symbol N: 0..99999999999999999999",
      "symbol N: 0..1 symbol N: 0..1",
      "symbol 5: 0..1",
      "nonsense",
      "}",
      "{",
      "%y: f32[2,3] = Identity(%x) { graph }",
      "%y: f32[2,3] = If(%x) { graph \"\" { output %x } }",
      "%y: f32[2,3] = Identity(%x) \"name",
      "%y: f32[2,3] = Identity(%x) from",
      std::string("\0", 1),
      "%\xff\xfe: f32[1] = input",
      "%c: f32[" + std::string(10000, '(') + "1] = input",
      "%c: f32[" + std::string(100000, '1') + "] = input",
      "%c: f32[" +
          [] {
            std::string axes = "1";
            for (int i = 0; i < 100; ++i) axes += ",1";
            return axes;
          }() +
          "] = input",
  };
  for (const std::string& body : bodies) {
    SCOPED_TRACE(body.substr(0, 200));
    try {
      parse_graph(in_graph(body));
      ADD_FAILURE() << "was accepted";
    } catch (const Error& error) { EXPECT_NE(error.code(), StatusCode::internal) << error.what(); }
  }
}

TEST(HostileText, NamesLineAndColumn) {
  try {
    parse_graph("graph \"\" {\n  %x: f32[2] = input\n  %y: f32[3] = Identity(%x)\n}");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("line 3, column 16"));
    EXPECT_THAT(error.what(), testing::HasSubstr("f32[2]"));
  }
}

TEST(HostileText, NestingIsBounded) {
  std::string text;
  for (int i = 0; i < 100000; ++i) text += "graph \"\" { %c: f32[] = constant [1] %r: f32[] = If(%c) { ";
  EXPECT_THROW(parse_graph(text), Error);
}

TEST(HostileText, EveryPrefixAndEveryChangedByteEndsWell) {
  const std::string text = R"(graph "g" {
  symbol N: 1..64
  %c: boolean[] = input
  %x: f32[N,4] = input
  %k: f32[2] = constant [nan, bits(2143289345)]
  %r: f32[N,4] = If(%c, %x, %x) { graph "then" { %a: f32[N,4] = input output %a } graph "else" { %b: f32[N,4] = input output %b } } "if" from "If_0"
  %t: f32[4,floor_div(N*2,2)] = Transpose{perm=[1,0]}(%r)
  output %t as "out"
})";
  parse_graph(text);
  const auto survive = [](const std::string& changed) {
    try {
      parse_graph(changed);
    } catch (const Error& error) { EXPECT_NE(error.code(), StatusCode::internal) << error.what() << "\n" << changed; }
  };
  for (size_t i = 0; i < text.size(); ++i) {
    survive(text.substr(0, i));
    for (const char c : {'\0', '"', '9', '{', '}', '(', '-', '%', '\\', '\xff'}) {
      std::string changed = text;
      changed[i] = c;
      survive(changed);
    }
  }
}

}  // namespace
}  // namespace burnish
