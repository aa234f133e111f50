
#include "apps/relume/command.h"
#include "apps/relume/print.h"
#include "relume/health/rule.h"

namespace relume::app {

void define_rules(Command& command) {
  command.run([] {
    print("{:<20} {}\n", "rule", "looks at");
    for (const health::Rule& rule : health::rules()) print("{:<20} {}\n", rule.name, rule.measures);
    print("\n{:<20} {:>8}  {}\n", "threshold", "default", "of the rules");
    for (const health::NamedThreshold& threshold : health::named_thresholds())
      print("{:<20} {:>8g}  {}\n", threshold.name, threshold.value, threshold.rules);
  });
  command.footer("relume train and doctor take --threshold NAME=NUMBER. docs/health.md explains each.");
}

}  // namespace relume::app
