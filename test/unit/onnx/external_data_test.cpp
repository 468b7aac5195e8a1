// External data that must keep working: borrowed bytes, shared ranges, links that stay inside, and the layout of model caches.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "hostile/workshop.h"

namespace burnish::test {
namespace {

namespace fs = std::filesystem;

/// The imported initializer `w`, which lies outside of the model file.
Tensor import_w(Workshop& workshop) {
  const onnx::ImportedModel model = workshop.import();
  for (uint32_t id = 0; id < model.graph.value_count(); ++id)
    if (const Value& value = model.graph.value(ValueId{id}); value.name == "w" and value.constant != nullptr) return *value.constant;
  return {};
}

void write_floats(const fs::path& file, std::vector<float> values, size_t before = 0) {
  std::string bytes(before, '\0');
  bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  write_file(file, bytes);
}

TEST(ExternalData, OffsetAndLength) {
  Workshop workshop;
  write_floats(workshop.folder / "data", {1, 2, 3, 4, 5, 6}, 8);
  proto::TensorProto& w = fill_external(workshop.graph().add_initializer(), "w", "data");
  set_external(w, "offset", "8");
  set_external(w, "length", "24");
  EXPECT_THAT(import_w(workshop).values<float>(), testing::ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(ExternalData, AnOffsetThatIsNotAligned) {
  Workshop workshop;
  write_floats(workshop.folder / "data", {1, 2, 3, 4, 5, 6}, 3);
  set_external(fill_external(workshop.graph().add_initializer(), "w", "data"), "offset", "3");
  const Tensor w = import_w(workshop);
  EXPECT_THAT(w.values<float>(), testing::ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(w.data()) % alignof(float), 0U);
}

TEST(ExternalData, TiedWeightsShareTheirBytes) {
  Workshop workshop;
  write_bytes(workshop.folder / "data", 24);
  fill_external(workshop.graph().add_initializer(), "w", "data");
  fill_external(workshop.graph().add_initializer(), "v", "data");
  EXPECT_NO_THROW(workshop.import());
}

TEST(ExternalData, ASubfolderAndALinkThatStaysInside) {
  Workshop workshop;
  fs::create_directory(workshop.folder / "sub");
  write_bytes(workshop.folder / "sub/data", 24);
  fs::create_symlink("sub/data", workshop.folder / "link");
  fill_external(workshop.graph().add_initializer(), "w", "./sub/data");
  fill_external(workshop.graph().add_initializer(), "v", "link");
  EXPECT_NO_THROW(workshop.import());
}

TEST(ExternalData, TheLayoutOfModelCaches) {
  Workshop workshop;
  const fs::path blobs = workshop.folder.parent_path() / "blobs";
  fs::create_directory(blobs);
  write_bytes(blobs / "def", 24);
  fs::create_symlink("../blobs/def", workshop.folder / "model.onnx_data");
  fill_external(workshop.graph().add_initializer(), "w", "model.onnx_data");
  write_file(blobs / "abc", workshop.model.SerializeAsString());
  fs::create_symlink("../blobs/abc", workshop.folder / "model.onnx");
  EXPECT_EQ(import_w(workshop).size(), 6);
}

TEST(ExternalData, BesideTheRealFileOfALinkedModel) {
  Workshop workshop;
  const fs::path store = workshop.folder.parent_path() / "store";
  fs::create_directory(store);
  write_bytes(store / "data", 24);
  fill_external(workshop.graph().add_initializer(), "w", "data");
  write_file(store / "real.onnx", workshop.model.SerializeAsString());
  fs::create_symlink(store / "real.onnx", workshop.folder / "model.onnx");
  EXPECT_EQ(import_w(workshop).size(), 6);
}

TEST(ExternalData, HardLinksWhereAllowed) {
  Workshop workshop;
  write_bytes(workshop.folder / "other", 24);
  fs::create_hard_link(workshop.folder / "other", workshop.folder / "data");
  fill_external(workshop.graph().add_initializer(), "w", "data");
  workshop.config.allow_hard_links = true;
  EXPECT_EQ(import_w(workshop).size(), 6);
}

TEST(ExternalData, AModelInMemoryUsesTheGivenFolder) {
  Workshop workshop;
  write_bytes(workshop.folder / "data", 24);
  fill_external(workshop.graph().add_initializer(), "w", "data");
  const std::string bytes = workshop.model.SerializeAsString();
  const auto view = std::as_bytes(std::span(bytes));
  EXPECT_NO_THROW(onnx::import_model(view, workshop.folder));
  EXPECT_THROW(onnx::import_model(view, workshop.folder.parent_path()), Error);
}

TEST(ExternalData, BytesOutliveTheModelFile) {
  Workshop workshop;
  write_floats(workshop.folder / "data", {1, 2, 3, 4, 5, 6});
  fill_external(workshop.graph().add_initializer(), "w", "data");
  const Tensor w = import_w(workshop);
  fs::remove_all(workshop.folder);
  EXPECT_THAT(w.values<float>(), testing::ElementsAre(1, 2, 3, 4, 5, 6));
}

}  // namespace
}  // namespace burnish::test
