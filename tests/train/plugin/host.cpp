// host PLUGIN: loads it, trains, lets go of it, and again, on threads that end and on one that does not; with the
// environment as it was in the end.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <dlfcn.h>
#include <unistd.h>

namespace {

[[noreturn]] void fail(const char* why) {
  std::fprintf(stderr, "host: %s\n", why);
  std::_Exit(1);
}

long train_once(const char* plugin) {
  void* loaded = dlopen(plugin, RTLD_NOW | RTLD_LOCAL);
  if (!loaded) fail(dlerror());
  const auto train = reinterpret_cast<long (*)()>(dlsym(loaded, "train_in_plugin"));
  if (!train) fail(dlerror());
  const long result = train();
  if (dlclose(loaded) != 0) fail(dlerror());
  return result;
}

std::vector<std::string> environment() {
  return {environ, environ + [] {
            long count = 0;
            while (environ[count]) ++count;
            return count;
          }()};
}

}  // namespace

int main(int, char** argv) {
  const std::vector<std::string> before = environment();
  const long first = train_once(argv[1]);
  for (int round = 0; round < 3; ++round) {
    if (train_once(argv[1]) != first) fail("another result the next time");
    std::thread([&] {
      if (train_once(argv[1]) != first) fail("another result on a thread");
    }).join();
  }
  if (environment() != before) fail("another environment");
}
