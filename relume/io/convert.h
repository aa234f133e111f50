// Public. Tables and safetensors as NumPy's archives, and such archives as safetensors.
#pragma once

#include <string>
#include <vector>

#include "relume/data/csv.h"

namespace relume::io {

/// Writes what `in` names to the file `out`, whole or not at all: a table, as data::open_data() takes it, or a
/// .safetensors to a .npz, a .npz to a .safetensors. Each column of a table becomes an array of its name: whole numbers
/// int64, others float64 (NaN where they are missing), text and numbers such as 007 as text. Each tensor becomes an
/// array of its name, and a text NAME of a .safetensors the array "__metadata__.NAME"; back again the same. Returns the
/// notes on how a table was read. Throws InputError where `in` or the ending of `out` is none of these, and FileError.
std::vector<std::string> convert(const std::string& in, const std::string& out, const data::CsvOptions& csv = {});

}  // namespace relume::io
