#include "apps/relume/print.h"

#include <algorithm>

#include <sys/ioctl.h>

namespace relume::app {
namespace {

struct Character {
  char32_t code = 0;
  std::size_t bytes = 0;  // 0: this is no UTF-8
};

Character decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t bytes = first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (bytes == 0 || first >= 0xf5 || text.size() < bytes) return {};
  char32_t code = first & (0x7f >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3f);
  }
  constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  return code < least[bytes] || code > 0x10ffff || surrogate ? Character{} : Character{code, bytes};
}

bool commands(char32_t c) {
  const bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
  const bool turns_direction = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
  return control || turns_direction || c == 0x2028 || c == 0x2029;
}

/// ESC[1;31m and its like, which change how text looks and nothing else.
std::size_t colour_at(std::string_view text) {
  if (!text.starts_with("\x1b[")) return 0;
  const std::size_t end = text.find_first_not_of("0123456789;", 2);
  return end != std::string_view::npos && text[end] == 'm' ? end + 1 : 0;
}

}  // namespace

std::string visible(std::string_view text, Keep keep) {
  const auto harmless = [](char c) { return c >= 0x20 && c < 0x7f; };
  if (std::ranges::all_of(text, harmless)) return std::string(text);
  std::string result;
  while (!text.empty()) {
    const std::size_t colour = keep == Keep::colours ? colour_at(text) : 0;
    const Character c = decode(text);
    const bool passes = keep != Keep::nothing && (c.code == '\n' || c.code == '\t');
    const std::size_t taken = colour > 0 ? colour : c.bytes > 0 ? c.bytes : 1;
    if (c.bytes == 0)
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
    else if (commands(c.code) && !passes && colour == 0)
      result += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(c.code));
    else
      result += text.substr(0, taken);
    text.remove_prefix(taken);
  }
  return result;
}

std::optional<int> terminal_width(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return std::nullopt;
}

}  // namespace relume::app
