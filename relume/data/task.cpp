#include "relume/base/require.h"
#include "relume/data/target.h"

namespace relume::data {

Task task_from_name(std::string_view text) {
  for (const Task task : {Task::classification, Task::regression})
    if (text == name(task)) return task;
  fail<InputError>("the task \"{}\" is unknown", text);
}

}  // namespace relume::data
