#include <filesystem>
#include <memory>

#include "apps/relume/command.h"
#include "apps/relume/print.h"
#include "apps/relume/read_model.h"
#include "relume/base/require.h"
#include "relume/infer/c_header.h"
#include "relume/onnx/onnx.h"

namespace relume::app {
namespace {

struct ExportArguments {
  std::string model, kind, out, name;
  int opset = onnx::ExportOptions().opset;
  bool preprocessing = false, int8 = false;
};

void write_header(const ExportArguments& a) {
  require<InputError>(!a.out.empty(), "export: a header needs a file to write to: -o FILE");
  const auto weights = a.int8 ? infer::CWeights::int8 : infer::CWeights::float32;
  const infer::CHeader header = infer::save_c_header(read_model(a.model), a.out, a.name, weights);
  print("{}: {}\n", a.out, to_string(header));
}

void write_onnx(const ExportArguments& a) {
#ifdef RELUME_HAVE_ONNX
  const std::filesystem::path beside = std::filesystem::path(a.model).replace_extension(".onnx");
  const std::string out = a.out.empty() ? beside.string() : a.out;
  const onnx::Exported exported =
      onnx::save(read_model(a.model), out, {.opset = a.opset, .preprocessing = a.preprocessing});
  print("{}: {}\n", out, to_string(exported));
#else
  fail_without_onnx(a.model);
#endif
}

}  // namespace

void define_export(Command& command) {
  auto a = std::make_shared<ExportArguments>();
  command.option("MODEL", a->model, "model.safetensors of a run, or an .onnx").required();
  command
      .option("--to", a->kind,
              "header: one file of C99 that is C++11 too and needs math.h alone; onnx: a graph for ONNX runtimes")
      .one_of({"header", "onnx"})
      .required();
  command.option("-o,--output", a->out, "file to write; of onnx beside the model where it is not given");
  command.option("--name", a->name,
                 "of a header: what its names begin with: small letters, digits, _; the file's name without it");
  command.flag("--int8", a->int8, "of a header: weights in eight bits, one scale an output: a quarter of the flash");
  command.option("--opset", a->opset, "of onnx: which version of the operators, from 9 to 28").with_default();
  command.flag("--preprocessing", a->preprocessing,
               "of onnx: a table's columns go in by their names, numbers and texts, and labels come out");
  command.run([a] { a->kind == "onnx" ? write_onnx(*a) : write_header(*a); });
}

}  // namespace relume::app
