// trtexec and burnish from the outside: statuses, messages and files, as a new user meets them.
#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/program_run.h"

namespace burnish::testing {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string digits = "examples/digits/digits.onnx";

void write(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

json read_json(const std::string& path) { return json::parse(std::ifstream(path)); }

class Programs : public ::testing::Test {
 protected:
  static ProgramRun trtexec(std::vector<std::string> arguments) { return run_program("trtexec", arguments); }
  static ProgramRun burnish(std::vector<std::string> arguments) { return run_program("burnish", arguments); }

  std::string built_engine() {
    const std::string path = scratch_.path("digits.engine");
    const ProgramRun run =
        trtexec({"--onnx=" + digits, "--saveEngine=" + path, "--shapes=input:2x1x8x8", "--skipInference", "--builderOptimizationLevel=0"});
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_THAT(run.output,
                AllOf(HasSubstr("&&&& RUNNING TensorRT.trtexec"), HasSubstr("&&&& PASSED TensorRT.trtexec"), HasSubstr("Engine built in")));
    return path;
  }

  Scratch scratch_;
};

TEST_F(Programs, TrtexecMeasuresAndExports) {
  const std::string engine = built_engine(), times = scratch_.path("times.json"), output = scratch_.path("output.json"),
                    profile = scratch_.path("profile.json"), layers = scratch_.path("layers.json"), input = scratch_.path("input.bin");
  write(input, std::string(2 * 64 * sizeof(float), '\0'));
  const ProgramRun run = trtexec({"--loadEngine=" + engine, "--loadInputs='input':" + input, "--exportTimes=" + times,
                                  "--exportOutput=" + output, "--exportProfile=" + profile, "--exportLayerInfo=" + layers,
                                  "--profilingVerbosity=detailed", "--duration=0", "--warmUp=0", "--iterations=7"});
  ASSERT_EQ(run.status, 0) << run.output;
  for (const char* line : {"=== Model Options ===", "=== Device Information ===", "=== Performance summary ===", "[I] Throughput: ",
                           "[I] Latency: min = ", "percentile(99%) = ", "[I] Enqueue Time: ", "[I] H2D Latency: ", "[I] GPU Compute Time: ",
                           "[I] D2H Latency: ", "[I] Total Host Walltime: "})
    EXPECT_THAT(run.output, HasSubstr(line));
  EXPECT_EQ(read_json(times).size(), 7U);
  EXPECT_TRUE(read_json(times)[0].contains("computeMs"));
  EXPECT_EQ(read_json(output)[0].at("name"), "probabilities");
  EXPECT_EQ(read_json(output)[0].at("values").size(), 20U);
  EXPECT_EQ(read_json(profile)[0].at("count"), 7);
  const json info = read_json(layers);
  EXPECT_FALSE(info.at("Layers").empty());
  EXPECT_EQ(info.at("Bindings")[0], "input");
  EXPECT_TRUE(info.at("Layers")[0].contains("TacticName"));
}

TEST_F(Programs, TrtexecSizesDynamicInputsAsOneAndSaysSo) {
  const ProgramRun run = trtexec({"--onnx=" + digits, "--skipInference", "--builderOptimizationLevel=0"});
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_THAT(run.output, HasSubstr("no shape is given for it"));
}

TEST_F(Programs, TrtexecRunsStreamsAtTheSameTime) {
  const ProgramRun run = trtexec({"--loadEngine=" + built_engine(), "--infStreams=2", "--duration=0", "--iterations=3", "--warmUp=0",
                                  "--dumpOutput", "--dumpProfile"});
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_THAT(run.output, AllOf(HasSubstr("has 6 queries"), HasSubstr("Output Tensors:"), HasSubstr("=== Profile (3 iterations ) ===")));
}

TEST_F(Programs, TrtexecEndsWithStatus2OnUsage) {
  EXPECT_EQ(trtexec({}).status, 2);
  EXPECT_EQ(trtexec({"--help"}).status, 0);
  const ProgramRun unknown = trtexec({"--onnx=x.onnx", "--itterations=3"});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_THAT(unknown.output, AllOf(HasSubstr("did you mean --iterations?"), HasSubstr("&&&& FAILED")));
}

TEST_F(Programs, TrtexecSaysThatRandomCalibrationIsNone) {
  const ProgramRun quantized = trtexec({"--onnx=" + digits, "--int8", "--skipInference"});
  EXPECT_EQ(quantized.status, 0);
  EXPECT_THAT(quantized.output, HasSubstr("NO CALIBRATION DATA"));
}

TEST_F(Programs, TrtexecObeysTypesOfLayersOrSaysWhoCannot) {
  const std::vector<std::string> line = {"--onnx=" + digits, "--skipInference", "--builderOptimizationLevel=0"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), line.begin(), line.end());
    return trtexec(more);
  };
  const ProgramRun obeyed = with({"--layerPrecisions=conv1:int8", "--precisionConstraints=obey"});
  EXPECT_EQ(obeyed.status, 1);
  EXPECT_THAT(obeyed.output, HasSubstr("layer `conv1`: nothing that computes in i8"));
  const ProgramRun preferred = with({"--layerPrecisions=conv1:int8", "--precisionConstraints=prefer"});
  EXPECT_EQ(preferred.status, 0);
  EXPECT_THAT(preferred.output, HasSubstr("layer `conv1`: nothing that computes in i8"));
  const ProgramRun unasked = with({"--layerPrecisions=conv1:int8"});
  EXPECT_EQ(unasked.status, 0);
  EXPECT_THAT(unasked.output, HasSubstr("ask for nothing without --precisionConstraints"));
  EXPECT_EQ(with({"--layerPrecisions=*:fp32", "--precisionConstraints=obey"}).status, 0);
  EXPECT_EQ(burnish({"build", digits, "-o", scratch_.path("x.engine"), "--level", "0", "--layer-precisions", "conv1:int8"}).status, 1);
}

TEST_F(Programs, TrtexecNamesFilesThatAreMissingOrBroken) {
  const ProgramRun missing = trtexec({"--onnx=nowhere.onnx"});
  EXPECT_EQ(missing.status, 1);
  EXPECT_THAT(missing.output, AllOf(HasSubstr("nowhere.onnx"), HasSubstr("&&&& FAILED")));
  const std::string junk = scratch_.path("junk");
  write(junk, "this is neither a model nor an engine");
  EXPECT_THAT(trtexec({"--onnx=" + junk}).output, HasSubstr("not an ONNX model"));
  EXPECT_EQ(trtexec({"--loadEngine=" + junk}).status, 1);
  EXPECT_EQ(trtexec({"--loadEngine=" + junk, "--getPlanVersionOnly"}).status, 1);
  EXPECT_EQ(trtexec({"--onnx=" + digits, "--backend=tpu"}).status, 1);
}

TEST_F(Programs, TrtexecRefusesACutOffEngine) {
  const std::string engine = built_engine(), cut = scratch_.path("cut.engine");
  std::ifstream whole(engine, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(whole)), {});
  for (const size_t size : {size_t{0}, size_t{8}, size_t{95}, bytes.size() / 2, bytes.size() - 1}) {
    write(cut, bytes.substr(0, size));
    const ProgramRun run = trtexec({"--loadEngine=" + cut, "--duration=0", "--iterations=1"});
    EXPECT_EQ(run.status, 1) << size << run.output;
  }
}

TEST_F(Programs, TrtexecRefusesShapesAndInputsThatDoNotFit) {
  const std::string engine = built_engine(), input = scratch_.path("short.bin");
  write(input, "12345");
  EXPECT_THAT(trtexec({"--loadEngine=" + engine, "--loadInputs=input:" + input}).output,
              AllOf(HasSubstr("holds 5 bytes"), HasSubstr("takes 512")));
  EXPECT_THAT(trtexec({"--loadEngine=" + engine, "--loadInputs=inputs:" + input}).output, HasSubstr("Did you mean input?"));
  EXPECT_THAT(trtexec({"--loadEngine=" + engine, "--shapes=input:3x1x8x8"}).output, HasSubstr("was built for 2x1x8x8"));
  EXPECT_THAT(trtexec({"--loadEngine=" + engine, "--shapes=nobody:3"}).output, HasSubstr("no such input"));
  EXPECT_EQ(trtexec({"--onnx=" + digits, "--shapes=input:2x1x9x9"}).status, 1);
  EXPECT_EQ(trtexec({"--onnx=" + digits, "--shapes=input:2x8x8"}).status, 1);
}

TEST_F(Programs, NothingReplacesWhatItReads) {
  const std::string model = scratch_.path("model.onnx");
  std::filesystem::copy_file(digits, model);
  EXPECT_THAT(trtexec({"--onnx=" + model, "--saveEngine=" + model}).output, HasSubstr("would replace"));
  EXPECT_THAT(trtexec({"--onnx=" + model, "--timingCacheFile=" + model}).output, HasSubstr("would replace"));
  EXPECT_EQ(burnish({"build", model, "-o", model}).status, 1);
  EXPECT_THAT(trtexec({"--onnx=" + model, "--saveEngine=" + scratch_.path("no/such/folder")}).output, HasSubstr("there is no folder"));
  EXPECT_EQ(std::filesystem::file_size(model), std::filesystem::file_size(digits));
}

TEST_F(Programs, TrtexecTellsThePlanVersion) {
  EXPECT_THAT(trtexec({"--loadEngine=" + built_engine(), "--getPlanVersionOnly"}).output, HasSubstr("was built by"));
}

TEST_F(Programs, ChoicesPinABuild) {
  const std::string choices = scratch_.path("choices"), one = scratch_.path("one.engine"), two = scratch_.path("two.engine");
  ASSERT_EQ(trtexec({"--onnx=" + digits, "--skipInference", "--saveChoices=" + choices}).status, 0);
  for (const std::string& engine : {one, two}) ASSERT_EQ(burnish({"build", digits, "-o", engine, "--choices", choices}).status, 0);
  std::ifstream a(one, std::ios::binary), b(two, std::ios::binary);
  EXPECT_TRUE(std::equal(std::istreambuf_iterator<char>(a), {}, std::istreambuf_iterator<char>(b), {}));
  EXPECT_EQ(burnish({"diff", one, two}).status, 0);
  EXPECT_EQ(burnish({"diff", one, choices}).status, 0);
}

TEST_F(Programs, BurnishExplainsAnEngine) {
  const std::string engine = built_engine();
  const ProgramRun table = burnish({"explain", engine});
  EXPECT_EQ(table.status, 0) << table.output;
  EXPECT_THAT(table.output, AllOf(HasSubstr("Conv"), HasSubstr("nodes"), HasSubstr("memory of a session")));
  const ProgramRun text = burnish({"explain", engine, "--json"});
  const std::string name = json::parse(text.output).at("nodes")[0].at("name");
  EXPECT_THAT(burnish({"explain", engine, "--node", name}).output, AllOf(HasSubstr("request"), HasSubstr("* ")));
  EXPECT_EQ(burnish({"explain", engine, "--node", "nobody"}).status, 1);
  EXPECT_EQ(burnish({"explain", digits}).status, 1);
}

TEST_F(Programs, BurnishTriesARequestOnAllTactics) {
  const std::string engine = built_engine(), request = scratch_.path("request.txt");
  const std::string name = json::parse(burnish({"explain", engine, "--json"}).output).at("nodes")[0].at("name");
  write(request, burnish({"explain", engine, "--node", name, "--request"}).output);
  const ProgramRun run = burnish({"tactic", "run", request, "--untimed"});
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_THAT(run.output, HasSubstr("estimate"));
  write(request, "nonsense");
  EXPECT_EQ(burnish({"tactic", "run", request}).status, 1);
}

TEST_F(Programs, BurnishVerifiesModelsAndEngines) {
  const ProgramRun model = burnish({"verify", digits, "--level", "0", "--shapes", "input:2x1x8x8"});
  EXPECT_EQ(model.status, 0) << model.output;
  EXPECT_THAT(model.output, HasSubstr("1 of 1 outputs within"));
  const ProgramRun engine = burnish({"verify", built_engine()});
  EXPECT_EQ(engine.status, 0) << engine.output;
}

TEST_F(Programs, BurnishVerifyComparesLayers) {
  const ProgramRun model = burnish({"verify", digits, "--level", "0", "--shapes", "input:2x1x8x8", "-v"});
  EXPECT_EQ(model.status, 0) << model.output;
  EXPECT_THAT(model.output,
              AllOf(HasSubstr("tensors in between within"), HasSubstr("`conv2.pool`, made by node"), HasSubstr("the worst: ")));
  const ProgramRun outputs = burnish({"verify", digits, "--level", "0", "--outputs-only"});
  EXPECT_THAT(outputs.output, Not(HasSubstr("in between")));
  const ProgramRun itself = burnish({"verify", built_engine(), "--against", built_engine(), "--tolerance", "0"});
  EXPECT_EQ(itself.status, 0) << itself.output;
}

TEST_F(Programs, BurnishVerifyReducesWhatDeparts) {
  const std::string reduced = scratch_.path("reduced.onnx");
  const ProgramRun run = burnish({"verify", digits, "--level", "0", "--tolerance", "1e-12", "--reduced", reduced});
  EXPECT_EQ(run.status, 1) << run.output;
  EXPECT_THAT(run.output, AllOf(HasSubstr("the first that departs: `conv1."), HasSubstr("of its nodes depart by themselves")));
  ASSERT_TRUE(std::filesystem::exists(reduced)) << run.output;
  EXPECT_LT(std::filesystem::file_size(reduced), std::filesystem::file_size(digits));
  const ProgramRun again =
      burnish({"verify", reduced, "--level", "0", "--tolerance", "1e-12", "--load", "input:" + reduced + ".input0.bin", "--no-reduce"});
  EXPECT_EQ(again.status, 1) << "the part should depart too: " << again.output;
}

TEST_F(Programs, BurnishVerifyFindsTheLayerThatDiffers) {
  const std::string other = scratch_.path("other.onnx");
  ASSERT_EQ(burnish({"quantize", digits, "-o", other, "--method", "minmax"}).status, 0);
  const ProgramRun run = burnish({"verify", digits, "--against", other, "--level", "0", "--tolerance", "1e-6"});
  EXPECT_EQ(run.status, 1) << run.output;
  EXPECT_THAT(run.output, HasSubstr("the first that departs: `logits`, made by node `fc"));
}

TEST_F(Programs, BurnishQuantizesWithinAnAccuracy) {
  const std::string made = scratch_.path("tuned.onnx"), report = scratch_.path("tuned.json"), samples = scratch_.path("samples");
  const ProgramRun blind = burnish({"quantize", digits, "-o", made, "--correct-bias"});
  EXPECT_EQ(blind.status, 2) << blind.output;
  EXPECT_THAT(blind.output, HasSubstr("--samples"));
  std::filesystem::create_directory(samples);
  std::filesystem::copy_file("examples/digits/test_images.bin", samples + "/images.bin");
  const ProgramRun run = burnish({"quantize", digits, "-o", made, "--samples", samples, "--shapes", "input:36x1x8x8", "--method", "minmax",
                                  "--equalize", "--correct-bias", "--accuracy", "max:0.05", "--accuracy-report", report});
  ASSERT_EQ(run.status, 0) << run.output;
  EXPECT_THAT(run.output, HasSubstr("biases corrected"));
  const json told = read_json(report);
  EXPECT_EQ(told.at("samples"), 10);
  EXPECT_LE(told.at("error"), 0.05);
  EXPECT_FALSE(told.at("layers_quantized").empty());
  EXPECT_TRUE(std::filesystem::exists(made));
}

TEST_F(Programs, BurnishBuildsWithinAnAccuracy) {
  const std::string engine = scratch_.path("e.engine"), report = scratch_.path("report.json");
  const ProgramRun run = burnish({"build", digits, "-o", engine, "--level", "0", "--shapes", "input:2x1x8x8", "--bf16", "--int8",
                                  "--accuracy", "cos:0.99", "--accuracy-report", report});
  ASSERT_EQ(run.status, 0) << run.output;
  const json told = read_json(report);
  ASSERT_GE(told.at("engines").size(), 2U);
  EXPECT_EQ(told.at("engines")[0].at("what"), "float");
  size_t taken = 0;
  for (const json& one : told.at("engines"))
    if (one.at("taken").get<bool>()) {
      ++taken;
      EXPECT_LE(one.at("error").get<double>(), told.at("limit").get<double>());
      EXPECT_LE(one.at("time_us").get<double>(), told.at("engines")[0].at("time_us").get<double>());
    }
  EXPECT_EQ(taken, 1U);
  EXPECT_EQ(burnish({"build", digits, "-o", engine, "--accuracy", "cos:7"}).status, 1);
  EXPECT_EQ(burnish({"build", digits, "-o", engine, "--int8"}).status, 2);
}

TEST_F(Programs, BurnishRunsInspectsAndMeasures) {
  const std::string engine = built_engine();
  EXPECT_THAT(burnish({"run", engine}).output, HasSubstr("probabilities: f32 2x10"));
  EXPECT_THAT(burnish({"inspect", engine, "--steps"}).output, AllOf(HasSubstr("input input: f32 2x1x8x8"), HasSubstr("steps")));
  EXPECT_THAT(burnish({"bench", engine, "--seconds", "0", "--warm-up", "0"}).output, HasSubstr("inferences a second"));
}

TEST_F(Programs, BurnishMergesCaches) {
  const std::string cache = scratch_.path("a.cache"), merged = scratch_.path("b.cache");
  ASSERT_EQ(burnish({"build", digits, "-o", scratch_.path("e"), "--timing-cache", cache, "--level", "1"}).status, 0);
  EXPECT_EQ(burnish({"cache", "merge", merged, cache, cache}).status, 0);
  EXPECT_EQ(burnish({"cache", "prune", merged}).status, 0);
  const ProgramRun shown = burnish({"cache", "show", merged});
  EXPECT_EQ(shown.status, 0);
  EXPECT_THAT(shown.output, HasSubstr("times"));
  EXPECT_EQ(burnish({"cache", "show", "nowhere"}).status, 1);
}

TEST_F(Programs, BurnishStopsWhereAsked) {
  for (const char* stage : {"import", "passes", "candidates", "assign", "plan"}) {
    const ProgramRun run = burnish({"build", digits, "--level", "0", "--stop-after", stage});
    EXPECT_EQ(run.status, 0) << stage << run.output;
    EXPECT_THAT(run.output, HasSubstr("Conv"));
  }
  EXPECT_EQ(burnish({"build", digits, "--stop-after", "lunch"}).status, 2);
}

TEST_F(Programs, BurnishListsWhatItHas) {
  EXPECT_THAT(burnish({"devices"}).output, AllOf(HasSubstr("cpu:"), HasSubstr("ref:")));
  EXPECT_THAT(burnish({"passes"}).output, HasSubstr("fold_"));
  EXPECT_THAT(burnish({"knobs"}).output, HasSubstr("--builderOptimizationLevel"));
  EXPECT_THAT(burnish({"tactic", "list"}).output, HasSubstr("ref."));
}

TEST_F(Programs, EveryCommandHasHelpWithAnExample) {
  for (const char* command :
       {"build", "run", "bench", "verify", "explain", "inspect", "diff", "tactic", "cache", "passes", "knobs", "devices"}) {
    const ProgramRun run = burnish({command, "--help"});
    EXPECT_EQ(run.status, 0) << command;
    EXPECT_THAT(run.output, HasSubstr("Example: burnish")) << command;
  }
}

TEST_F(Programs, BurnishSuggestsCommands) {
  EXPECT_EQ(burnish({}).status, 2);
  const ProgramRun run = burnish({"biuld", "x"});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.output, HasSubstr("did you mean build?"));
  EXPECT_EQ(burnish({"run"}).status, 2);
  EXPECT_EQ(burnish({"run", "x", "--level", "9"}).status, 2);
}

}  // namespace
}  // namespace burnish::testing
