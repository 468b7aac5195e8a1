// trtexec's command line: what is read, what is refused, and in which words.
#include "cli/trtexec/parse.h"

#include <gmock/gmock.h>

#include "cli/trtexec/stages.h"
#include "cli/usage_error.h"

namespace burnish::cli::trtexec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

Options options_of(std::vector<std::string> line) {
  line.insert(line.begin(), "--onnx=m.onnx");
  return parse_line(line).options;
}

std::string fault_of(const std::vector<std::string>& line) {
  try {
    parse_line(line);
  } catch (const UsageError& fault) { return fault.what(); }
  return "nothing was thrown";
}

TEST(Parse, ReadsNumbersAndLists) {
  const Options o = options_of({"--duration=-1", "--warmUp=0", "--iterations=5", "--avgRuns=100", "--percentile=50,99.9", "--infStreams=2",
                                "--builderOptimizationLevel=0"});
  EXPECT_EQ(o.duration_s, -1);
  EXPECT_EQ(o.warm_up_ms, 0);
  EXPECT_EQ(o.iterations, 5);
  EXPECT_EQ(o.average_runs, 100);
  EXPECT_THAT(o.percentiles, ElementsAre(50, 99.9));
  EXPECT_EQ(o.streams, 2);
  EXPECT_EQ(o.optimization_level, 0);
}

TEST(Parse, HasTrtexecsDefaults) {
  const Options o = options_of({});
  EXPECT_EQ(o.iterations, 10);
  EXPECT_EQ(o.warm_up_ms, 200);
  EXPECT_EQ(o.duration_s, 3);
  EXPECT_EQ(o.average_runs, 10);
  EXPECT_EQ(o.average_timing, 8);
  EXPECT_EQ(o.optimization_level, 3);
  EXPECT_THAT(o.percentiles, ElementsAre(90, 95, 99));
}

TEST(Parse, PermitsTypes) {
  EXPECT_TRUE(options_of({"--bf16"}).permit_bf16);
  EXPECT_TRUE(options_of({"--fp16"}).permit_f16);
  EXPECT_FALSE(options_of({"--fp16"}).permit_bf16);
  EXPECT_TRUE(options_of({"--best"}).permit_bf16);
  EXPECT_TRUE(options_of({"--best"}).permit_f16);
}

TEST(Parse, ReadsTypesOfLayers) {
  const Options o =
      options_of({"--layerPrecisions='a:0':fp32,conv*:bf16,*:fp16", "--layerOutputTypes=split:fp16+fp32", "--precisionConstraints=prefer"});
  EXPECT_EQ(o.layers.constraints, PrecisionConstraints::prefer);
  ASSERT_EQ(o.layers.precisions.size(), 3U);
  EXPECT_EQ(o.layers.precisions[0].layer, "a:0");
  EXPECT_THAT(o.layers.precisions[1].types, ElementsAre(DType::bf16));
  EXPECT_THAT(o.layers.output_types.at(0).types, ElementsAre(DType::f16, DType::f32));
  EXPECT_EQ(options_of({}).layers.constraints, PrecisionConstraints::none);
  EXPECT_THAT(fault_of({"--onnx=m", "--layerPrecisions=a:fp17"}), HasSubstr("`fp17` is no type of a layer"));
  EXPECT_THAT(fault_of({"--onnx=m", "--layerPrecisions=a:fp16+fp32"}), HasSubstr("computes in one type"));
  EXPECT_THAT(fault_of({"--onnx=m", "--layerPrecisions=*a*:fp16"}), HasSubstr("more than one *"));
  EXPECT_THAT(fault_of({"--onnx=m", "--precisionConstraints=force"}), HasSubstr("none, prefer, obey"));
}

TEST(Parse, ShapesFollowTheirProfile) {
  const Options o = options_of({"--optShapes=a:1", "--profile=1", "--optShapes=a:2", "--useProfile=1"});
  ASSERT_EQ(o.profiles.size(), 2U);
  EXPECT_THAT(o.profiles[0].opt, ElementsAre(Pair("a", Dims{1})));
  EXPECT_THAT(o.profiles[1].opt, ElementsAre(Pair("a", Dims{2})));
}

TEST(Parse, SuggestsTheNearestFlag) {
  EXPECT_THAT(fault_of({"--onx=m.onnx"}), HasSubstr("did you mean --onnx?"));
  EXPECT_THAT(fault_of({"--minShape=a:1"}), HasSubstr("did you mean --minShapes?"));
  EXPECT_THAT(fault_of({"--zzzzzzzzzzzz"}), testing::Not(HasSubstr("did you mean")));
}

TEST(Parse, RefusesWordsAloneAndSingleDashes) {
  EXPECT_THAT(fault_of({"--onnx", "m.onnx"}), HasSubstr("--onnx=FILE"));
  EXPECT_THAT(fault_of({"m.onnx"}), HasSubstr("values follow their flag after ="));
  EXPECT_THAT(fault_of({"-onnx=m.onnx"}), HasSubstr("two dashes"));
}

TEST(Parse, RefusesValuesThatDoNotFit) {
  EXPECT_THAT(fault_of({"--onnx=m", "--builderOptimizationLevel=6"}), HasSubstr("--builderOptimizationLevel: 6 is outside 0 to 5"));
  EXPECT_THAT(fault_of({"--onnx=m", "--verbose=1"}), HasSubstr("takes no value"));
  EXPECT_THAT(fault_of({"--onnx=m", "--percentile=101"}), HasSubstr("--percentile"));
  EXPECT_THAT(fault_of({"--onnx=m", "--duration=-2"}), HasSubstr("--duration"));
  EXPECT_THAT(fault_of({"--onnx=m", "--memPoolSize=heap:1G"}), HasSubstr("no memory pool"));
  EXPECT_THAT(fault_of({"--onnx=m", "--profilingVerbosity=loud"}), HasSubstr("detailed"));
}

TEST(Parse, RefusesFlagsThatExcludeEachOther) {
  EXPECT_THAT(fault_of({}), HasSubstr("--onnx=FILE"));
  EXPECT_THAT(fault_of({"--onnx=m", "--getPlanVersionOnly"}), HasSubstr("--loadEngine"));
  EXPECT_THAT(fault_of({"--onnx=m", "--useProfile=1"}), HasSubstr("--profile=1"));
}

TEST(Parse, NotesAModelThatIsNotRead) {
  EXPECT_THAT(parse_line({"--onnx=m", "--loadEngine=e"}).notes, ElementsAre(HasSubstr("--onnx is not read")));
}

TEST(Parse, HelpNeedsNothingElse) { EXPECT_TRUE(parse_line({"--help"}).options.help); }

TEST(Parse, HelpNamesEveryWorkingFlag) {
  const std::string help = help_text();
  for (const char* flag : {"--onnx=FILE", "--shapes=", "--exportTimes=FILE", "--backend=NAME", "--int8"})
    EXPECT_THAT(help, HasSubstr(flag));
}

std::map<std::string, ShapeRange> shapes_of(const std::vector<std::string>& line, const std::vector<std::string>& inputs) {
  const Options options = options_of(line);
  return build_shapes(options, options.profiles.at(options.profile), inputs);
}

TEST(BuildShapes, OptAloneStandsForAll) {
  const auto shapes = shapes_of({"--optShapes=a:2x3"}, {"a"});
  EXPECT_EQ(shapes.at("a").min, (Dims{2, 3}));
  EXPECT_EQ(shapes.at("a").opt, (Dims{2, 3}));
  EXPECT_EQ(shapes.at("a").max, (Dims{2, 3}));
}

TEST(BuildShapes, FollowTheShapesOfTheRun) { EXPECT_EQ(shapes_of({"--shapes=a:4"}, {"a"}).at("a").opt, Dims{4}); }

TEST(BuildShapes, ResolveWildcards) {
  const auto shapes = shapes_of({"--optShapes=*:1x8,mask:1"}, {"ids", "mask", "types"});
  EXPECT_EQ(shapes.at("ids").opt, (Dims{1, 8}));
  EXPECT_EQ(shapes.at("mask").opt, Dims{1});
  EXPECT_EQ(shapes.at("types").opt, (Dims{1, 8}));
}

TEST(BuildShapes, KeepTheirBounds) {
  const ShapeRange range = shapes_of({"--minShapes=a:1", "--optShapes=a:4", "--maxShapes=a:8", "--shapes=a:2"}, {"a"}).at("a");
  EXPECT_EQ(range.min, Dims{1});
  EXPECT_EQ(range.opt, Dims{4});
  EXPECT_EQ(range.max, Dims{8});
}

TEST(BuildShapes, RefuseNamesThatNobodyHas) { EXPECT_THROW(shapes_of({"--optShapes=b*:1"}, {"a"}), Error); }

TEST(BuildShapes, RefuseToRunOtherSizesThanBuilt) { EXPECT_THROW(shapes_of({"--optShapes=a:1", "--shapes=a:2"}, {"a"}), Error); }

TEST(IoFormats, TranslateTensorRTsWords) {
  const ModelInterface model{.inputs = {{"x", DType::f32, 4, ""}}, .outputs = {{"y", DType::f32, 2, ""}, {"z", DType::i64, 1, ""}}};
  EXPECT_THAT(io_formats(options_of({"--inputIOFormats=fp32:hwc"}), model), ElementsAre(Pair("x", "f32:0231")));
  EXPECT_THAT(io_formats(options_of({"--inputIOFormats=fp16:chw"}), model), ElementsAre(Pair("x", "f16:0123")));
  EXPECT_THAT(io_formats(options_of({"--inputIOFormats=chw", "--outputIOFormats=fp32:chw,int64:chw"}), model), testing::IsEmpty());
  EXPECT_THROW(io_formats(options_of({"--inputIOFormats=chw,chw"}), model), UsageError);
  EXPECT_THROW(io_formats(options_of({"--inputIOFormats=fp32:chw32"}), model), UsageError);
  EXPECT_THROW(io_formats(options_of({"--inputIOFormats=fp17:chw"}), model), UsageError);
}

}  // namespace
}  // namespace burnish::cli::trtexec
