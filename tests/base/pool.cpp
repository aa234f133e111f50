#include "relume/base/pool.h"

#include <cstring>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace relume {
namespace {

TEST(Pool, GivesAlignedBlocksAndReusesThem) {
  for (const std::size_t bytes :
       {std::size_t{0}, std::size_t{1}, std::size_t{65}, std::size_t{1000}, std::size_t{1} << 20}) {
    void* block = pool::allocate(bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % pool::alignment, 0u);
    pool::deallocate(block, bytes);
    EXPECT_EQ(pool::allocate(bytes), block) << bytes;
    pool::deallocate(block, bytes);
  }
  EXPECT_GT(pool::cached_bytes(), 0u);
  pool::release_cached();
  EXPECT_EQ(pool::cached_bytes(), 0u);
}

TEST(Pool, BeginsLargeBlocksAtDifferentLinesOfAPage) {
  const auto line = [](void* block) { return reinterpret_cast<std::uintptr_t>(block) % 4096 / pool::alignment; };
  for (const std::size_t bytes : {std::size_t{1} << 17, std::size_t{5} << 20, (std::size_t{1} << 28) + 1}) {
    void *weight = pool::allocate(bytes), *mean = pool::allocate(bytes), *square = pool::allocate(bytes);
    EXPECT_NE(line(weight), line(mean)) << bytes;
    EXPECT_NE(line(mean), line(square)) << bytes;
    EXPECT_NE(line(weight), line(square)) << bytes;
    for (void* block : {weight, mean, square}) {
      static_cast<char*>(block)[0] = static_cast<char*>(block)[bytes - 1] = 1;
      pool::deallocate(block, bytes);
    }
  }
  pool::release_cached();
}

TEST(Pool, GivesEachHolderMemoryOfItsOwn) {
  std::vector<std::pair<unsigned char*, std::size_t>> held;
  const auto take_all_sizes = [&] {
    for (std::size_t edge = 1; edge <= std::size_t{1} << 18; edge += edge < 2048 ? 63 : edge / 5)
      for (const std::size_t bytes : {edge, edge + 1}) {
        held.emplace_back(static_cast<unsigned char*>(pool::allocate(bytes)), bytes);
        ASSERT_EQ(reinterpret_cast<std::uintptr_t>(held.back().first) % pool::alignment, 0u) << bytes;
      }
  };
  take_all_sizes();
  for (std::size_t i = 0; i < held.size() / 2; ++i) {
    pool::deallocate(held[i].first, held[i].second);
    held.erase(held.begin() + static_cast<std::ptrdiff_t>(i));
  }
  take_all_sizes();  // some of them off the lists
  for (std::size_t i = 0; i < held.size(); ++i) std::memset(held[i].first, static_cast<int>(i % 251), held[i].second);
  for (std::size_t i = 0; i < held.size(); ++i)
    for (const std::size_t at : {std::size_t{0}, held[i].second / 2, held[i].second - 1})
      ASSERT_EQ(held[i].first[at], i % 251) << held[i].second;
  for (const auto& [block, bytes] : held) pool::deallocate(block, bytes);
  pool::release_cached();
}

TEST(Pool, CountsWhatAThreadHoldsAndWhatWaitsOnItsLists) {
  pool::release_cached();
  const std::int64_t live = pool::live_bytes();
  void *small = pool::allocate(100), *large = pool::allocate(100'000);
  EXPECT_EQ(pool::live_bytes(), live + 100'100);
  EXPECT_EQ(pool::cached_bytes(), 0u);
  pool::deallocate(small, 100);
  EXPECT_EQ(pool::live_bytes(), live + 100'000);
  EXPECT_EQ(pool::cached_bytes(), 128u) << "two cache lines";
  pool::deallocate(large, 100'000);
  EXPECT_EQ(pool::live_bytes(), live);
  EXPECT_GE(pool::cached_bytes(), 100'000u + 128);
  EXPECT_LE(pool::cached_bytes(), 125'000u + 128) << "a fifth is wasted at most";
  pool::deallocate(nullptr, 0);
  pool::release_cached();
}

TEST(Pool, ABlockWaitsOnTheListsOfTheThreadThatGaveItBack) {
  pool::release_cached();
  void* block = pool::allocate(1000);
  std::size_t there = 0;
  void* again = nullptr;
  std::thread([&] {
    pool::deallocate(block, 1000);
    there = pool::cached_bytes();
    again = pool::allocate(1000);
    pool::deallocate(again, 1000);
  }).join();
  EXPECT_EQ(there, 1024u);
  EXPECT_EQ(again, block);
  EXPECT_EQ(pool::cached_bytes(), 0u) << "nothing came back here";
}

TEST(Pool, KeepsNoBlockOfMoreThanAQuarterOfAGigabyte) {
  pool::release_cached();
  constexpr std::size_t bytes = (std::size_t{1} << 28) + 1;
  pool::deallocate(pool::allocate(bytes), bytes);
  EXPECT_EQ(pool::cached_bytes(), 0u);
}

TEST(Pool, SaysWhereThereIsNoMemoryAndCountsNothing) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer ends the program there";
#endif
  const std::int64_t live = pool::live_bytes();
  EXPECT_THROW(pool::allocate(std::size_t{1} << 60), std::bad_alloc);
  EXPECT_EQ(pool::live_bytes(), live);
}

}  // namespace
}  // namespace relume
