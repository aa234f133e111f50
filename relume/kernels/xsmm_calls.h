// Private. What became of libxsmm's calls of the system.
#pragma once

namespace relume::kernels {

/// Whether the last memory for code that libxsmm asked for on this thread was refused. In a static library: false.
bool code_was_refused();

}  // namespace relume::kernels
