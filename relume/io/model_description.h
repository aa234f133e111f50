// Private. What a model's file says of it, as JSON among the file's texts.
#pragma once

#include <map>
#include <string>

#include "relume/base/function_ref.h"
#include "relume/io/model.h"

namespace relume::io {

inline constexpr int format_version = 1;

/// The model that a file's texts describe, which has no network yet; `fill` gives it one. Throws InputError, which
/// names the source, also for what `fill` throws.
Model described_model(const std::map<std::string, std::string>& texts, const std::string& source,
                      FunctionRef<void(Model&)> fill);

}  // namespace relume::io
