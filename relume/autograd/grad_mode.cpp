#include "relume/autograd/grad_mode.h"

#include "relume/tensor/in_place.h"

namespace relume {
namespace {

thread_local bool enabled = true;

}  // namespace

bool grad_enabled() { return enabled; }
void set_grad_enabled(bool on) { enabled = on; }
bool records_gradients() { return enabled; }

}  // namespace relume
