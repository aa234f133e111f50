// Of librelume_infer alone, which starts no thread: what others would do is done here.
#include "relume/base/parallel.h"

namespace relume {

void parallel_for(std::int64_t n, std::int64_t /*grain*/, FunctionRef<void(std::int64_t, std::int64_t)> body) {
  if (n > 0) body(0, n);
}

}  // namespace relume
