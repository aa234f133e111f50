#include "relume/io/convert.h"

#include <memory>

#include "apps/relume/command.h"
#include "apps/relume/print.h"
#include "apps/relume/say.h"
#include "apps/relume/train_arguments.h"

namespace relume::app {
namespace {

struct ConvertArguments {
  std::string in, out;
  TrainOptions reading;  // its csv alone
};

void run(const ConvertArguments& a) {
  for (const std::string& note : io::convert(a.in, a.out, a.reading.csv)) say("{}", note);
  print("{}\n", a.out);
}

}  // namespace

void define_convert(Command& command) {
  auto a = std::make_shared<ConvertArguments>();
  command.option("IN", a->in, "a table as training takes it, a .safetensors, or a .npz").required().or_stdin();
  command.option("OUT", a->out, "a .npz; of a .npz a .safetensors").required();
  add_train_options(command, a->reading, {"decimal", "na"});
  command.footer(
      "Each column of a table becomes an array of its name: whole numbers int64, others float64 (NaN where they are "
      "missing), text and numbers such as 007 as text, as they stand. Each tensor becomes an array of its name, and a "
      "text NAME of a .safetensors the array \"__metadata__.NAME\"; back again the same.");
  command.run([a] { run(*a); });
}

}  // namespace relume::app
