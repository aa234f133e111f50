// The header on machines of other kinds, run by their simulators: a Cortex-M4 by QEMU, an ATmega2560 by simavr,
// WebAssembly by Node. Each gives what a Predictor gives here.
#include <bit>
#include <sstream>

#include <gmock/gmock.h>

#include "relume/base/atomic_file.h"
#include "tests/infer/c_cases.h"

namespace relume::infer {
namespace {

/// Leaves out what calls one of those functions, but not all.
Cases without(const std::vector<std::string>& functions, Cases cases) {
  std::erase_if(cases, [&](const Case& c) {
    return std::ranges::any_of(functions,
                               [&](const std::string& f) { return c.header.text.find(f) != std::string::npos; });
  });
  EXPECT_GT(cases.size(), 3U);
  return cases;
}

/// A main() that runs all rows of all cases and hands each result to put(), eight hexadecimal digits and a new line.
/// SECTION and READ are where its rows lie and how a word of them is read.
std::string program(const Cases& cases) {
  std::ostringstream text;
  text << "#include <stdint.h>\n#include <string.h>\nvoid run(int number, const float *in, float *out);\n";
  std::size_t widest = 1;
  for (const Case& one : cases) {
    text << "static const uint32_t " << one.name << "_rows[] SECTION = {";
    for (const float x : one.rows) text << std::bit_cast<std::uint32_t>(x) << "UL,";
    text << "};\n";
    widest =
        std::max({widest, static_cast<std::size_t>(one.header.inputs), static_cast<std::size_t>(one.header.outputs)});
  }
  text << "static float in[" << widest << "], out[" << widest << "];\n"
       << "static void one(int number, const uint32_t *rows, int count, int inputs, int outputs) {\n"
       << "  for (int r = 0; r < count; ++r) {\n"
       << "    for (int i = 0; i < inputs; ++i) { uint32_t bits = READ(rows + r * inputs + i); memcpy(in + i, &bits, "
          "4); }\n"
       << "    run(number, in, out);\n"
       << "    for (int i = 0; i < outputs; ++i) { uint32_t bits; memcpy(&bits, out + i, 4); put(bits); }\n"
       << "  }\n}\nint main(void) {\n  begin();\n";
  for (std::size_t i = 0; i < cases.size(); ++i)
    text << "  one(" << i << ", " << cases[i].name << "_rows, " << std::ssize(cases[i].rows) / cases[i].header.inputs
         << ", " << cases[i].header.inputs << ", " << cases[i].header.outputs << ");\n";
  text << "  end();\n  return 0;\n}\n";
  return text.str();
}

/// What the lines of eight hexadecimal digits say, in whatever a simulator prints around them.
std::vector<float> results(const std::string& printed) {
  std::vector<float> all;
  std::string digits;
  for (const char c : printed + "\n") {
    if (std::isxdigit(static_cast<unsigned char>(c)) != 0) {
      digits += c;
      continue;
    }
    if (digits.size() == 8)
      all.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(std::stoul(digits, nullptr, 16))));
    digits.clear();
  }
  return all;
}

void expect_results(const Cases& cases, const std::string& printed) {
  const std::vector<float> found = results(printed);
  std::size_t at = 0;
  for (const Case& one : cases) {
    SCOPED_TRACE(one.what);
    ASSERT_GE(found.size(), at + one.expected.size()) << printed.substr(0, 2000);
    const auto begin = found.begin() + static_cast<std::ptrdiff_t>(at);
    expect_equal({begin, begin + std::ssize(one.expected)}, one.expected, 1e-6);
    at += one.expected.size();
  }
  EXPECT_EQ(found.size(), at);
}

/// What a command prints, which must end well.
std::string printed_by(const std::string& command, const std::string& file) {
  expect_compiles(command + " >" + file);
  return read_file(file);
}

constexpr const char* hexadecimal = R"(
static void put(uint32_t word) {
  for (int shift = 28; shift >= 0; shift -= 4) put_character("0123456789abcdef"[(word >> shift) & 15]);
  put_character('\n');
}
)";

constexpr const char* cortex_m = R"(#include <stdint.h>
#define SECTION
#define READ(p) (*(p))
static int semihosting(int operation, const void *argument) {
  register int number __asm__("r0") = operation;
  register const void *given __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(number) : "r"(given) : "memory");
  return number;
}
static void put_character(char c) { semihosting(3, &c); }
static void begin(void) {}
static void end(void) { semihosting(0x18, (const void *)0x20026); }
int main(void);
void reset(void);
void reset(void) {
  *(volatile uint32_t *)0xe000ed88 |= 0xfu << 20; /* the unit for floats */
  __asm__ volatile("dsb\n isb");
  main();
}
struct vectors {
  uint32_t stack;
  void (*reset)(void);
};
__attribute__((section(".vectors"), used)) static const struct vectors vectors = {0x20400000, reset};
)";

constexpr const char* cortex_m_memory = R"(ENTRY(reset)
SECTIONS {
  .text 0 : { KEEP(*(.vectors)) *(.text*) *(.rodata*) *(.ARM.*) }
  .data 0x20000000 : { *(.data*) *(.bss*) *(COMMON) }
  /DISCARD/ : { *(.comment) *(.note*) }
}
)";

void run_on_cortex_m(const Cases& cases, const std::string& options) {
  const Sources sources(cases);
  write_file(sources.path("main.c"), cortex_m + std::string(hexadecimal) + program(cases));
  write_file(sources.path("memory.ld"), cortex_m_memory);
  const std::string elf = sources.path("all.elf");
  expect_compiles("arm-none-eabi-gcc -std=c99" + std::string(strict) + "-mcpu=cortex-m4 -mthumb -nostartfiles " +
                  options + " -T " + sources.path("memory.ld") + " " + sources.path("main.c") + " " +
                  sources.path("all.c") + " -lm -o " + elf);
  expect_results(cases, printed_by("timeout 60 qemu-system-arm -M mps2-an386 -nographic -monitor none -serial none "
                                   "-semihosting-config enable=on,target=native -kernel " +
                                       elf + " 2>&1 </dev/null",
                                   sources.path("printed")));
}

TEST(CDevices, ACortexMGivesTheSame) {
  for (const char* program : {"arm-none-eabi-gcc", "qemu-system-arm"})
    if (!is_here(program)) GTEST_SKIP() << "skipped: no " << program;
  run_on_cortex_m(of_bytes(), "-Os -mfloat-abi=soft");
  run_on_cortex_m(layers(), "-Os -mfloat-abi=hard -mfpu=fpv4-sp-d16");
  run_on_cortex_m(activations(), "-O2 -mfloat-abi=soft");
}

constexpr const char* avr = R"(#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/pgmspace.h>
#include <avr/sleep.h>
#include <stdint.h>
#define SECTION PROGMEM
#define READ(p) pgm_read_dword(p)
static void put_character(char c) {
  while (!(UCSR0A & (1 << UDRE0))) continue;
  UDR0 = (uint8_t)c;
}
static void begin(void) { UCSR0B = 1 << TXEN0; }
static void end(void) {
  cli();
  sleep_mode(); /* for ever: the simulator ends */
}
)";

void run_on_avr(const Cases& cases) {
  const Sources sources(cases,
                        "#include <avr/pgmspace.h>\n#define @_SECTION PROGMEM\n#define @_READ(p) pgm_read_float(p)\n"
                        "#define @_READ_BYTE(p) ((signed char)pgm_read_byte(p))\n");
  write_file(sources.path("main.c"), avr + std::string(hexadecimal) + program(cases));
  const std::string elf = sources.path("all.elf");
  expect_compiles("avr-gcc -std=c99" + std::string(strict) + "-mmcu=atmega2560 -DF_CPU=16000000UL -Os " +
                  sources.path("main.c") + " " + sources.path("all.c") + " -lm -o " + elf);
  expect_results(cases, printed_by("timeout 120 simavr -m atmega2560 -f 16000000 " + elf + " 2>&1 </dev/null",
                                   sources.path("printed")));
}

// Its math.h lacks these.
TEST(CDevices, AnAvrGivesTheSame) {
  for (const char* program : {"avr-gcc", "simavr"})
    if (!is_here(program)) GTEST_SKIP() << "skipped: no " << program;
  const std::vector<std::string> missing = {"expm1", "log1p", "erfc"};
  run_on_avr(of_bytes());
  run_on_avr(without(missing, layers()));
  run_on_avr(without(missing, activations()));
}

constexpr const char* node = R"(const fs = require("fs");
const [, , wasm, rows, ...sizes] = process.argv;
WebAssembly.instantiate(fs.readFileSync(wasm)).then(({instance: {exports}}) => {
  const words = new Uint32Array(new Uint8Array(fs.readFileSync(rows)).buffer);
  const memory = new Uint32Array(exports.memory.buffer), place = exports.room();
  let at = 0, text = "";
  sizes.forEach((size, number) => {
    const [count, inputs, outputs] = size.split(",").map(Number);
    for (let r = 0; r < count; ++r, at += inputs) {
      memory.set(words.subarray(at, at + inputs), place / 4);
      exports.run(number, place, place + 4096);
      for (let i = 0; i < outputs; ++i) text += memory[place / 4 + 1024 + i].toString(16).padStart(8, "0") + "\n";
    }
  });
  process.stdout.write(text);
});
)";

void run_on_wasm(const Cases& cases, const std::string& clang) {
  const Sources sources(cases);
  write_file(sources.path("main.c"),
             "static float memory[2048];\nfloat *room(void);\nfloat *room(void) { return memory; }\n");
  write_file(sources.path("main.cjs"), node);
  std::string rows, sizes;
  for (const Case& one : cases) {
    rows.append(reinterpret_cast<const char*>(one.rows.data()), one.rows.size() * sizeof(float));
    sizes += " " + std::to_string(std::ssize(one.rows) / one.header.inputs) + "," + std::to_string(one.header.inputs) +
             "," + std::to_string(one.header.outputs);
  }
  write_file(sources.path("rows"), rows);
  const std::string module = sources.path("all.wasm");
  expect_compiles(clang + " --target=wasm32-wasi -std=c99" + strict +
                  "-O2 -nostartfiles -Wl,--no-entry -Wl,--export=run " + "-Wl,--export=room " + sources.path("main.c") +
                  " " + sources.path("all.c") + " -lm -o " + module);
  expect_results(cases,
                 printed_by("node " + sources.path("main.cjs") + " " + module + " " + sources.path("rows") + sizes,
                            sources.path("printed")));
}

TEST(CDevices, WebAssemblyGivesTheSame) {
  const std::string clang = is_here("clang-14") ? "clang-14" : "clang";
  const std::string probe =
      "echo '#include <math.h>' | " + clang + " --target=wasm32-wasi -fsyntax-only -x c - 2>/dev/null";
  if (!is_here("node") || std::system(probe.c_str()) != 0)
    GTEST_SKIP() << "skipped: no node, or no clang and wasi-libc";
  run_on_wasm(of_bytes(), clang);
  run_on_wasm(layers(), clang);
  run_on_wasm(activations(), clang);
}

}  // namespace
}  // namespace relume::infer
