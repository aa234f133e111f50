#include <memory>

#include "apps/relume/command.h"
#include "apps/relume/print.h"
#include "relume/infer/c_header.h"

namespace relume::app {
namespace {

struct Arguments {
  std::string model, kind, out, name;
};

}  // namespace

void define_export(Command& command) {
  auto a = std::make_shared<Arguments>();
  command.option("MODEL", a->model, "model.safetensors of a run").required();
  command.option("--to", a->kind, "header: one file of C99 that is C++11 too and needs math.h alone")
      .one_of({"header"})
      .required();
  command.option("-o,--output", a->out, "file to write").required();
  command.option("--name", a->name, "what its names begin with: small letters, digits, _; the file's name without it");
  command.run([a] {
    const infer::CHeader header = infer::save_c_header(io::Model::load(a->model), a->out, a->name);
    print("{}: {}\n", a->out, to_string(header));
  });
}

}  // namespace relume::app
