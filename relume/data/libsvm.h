// Private. Files in LIBSVM's sparse format, as scikit-learn's dump_svmlight_file writes it too.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "relume/data/byte_source.h"
#include "relume/data/table.h"

namespace relume::data {

/// Whether each line is a label and pairs of a feature's number and its value, in rising order: "+1 3:0.5 7:1 # why".
bool is_libsvm(const std::vector<std::string_view>& lines);

/// The features that occur as columns x1, x3, … (x0, where they are counted from 0), 0 in rows without them, and the
/// labels as y behind them; a qid is left out with a note. Throws InputError, which names the line, for what is no
/// number, a feature that comes twice in a row or is larger than 2³¹ − 1, several labels, and where the table would
/// hold more than 2²⁸ numbers. Encodings and line ends are those of text_lines.h.
Table read_libsvm(const std::shared_ptr<ByteSource>& bytes);

}  // namespace relume::data
