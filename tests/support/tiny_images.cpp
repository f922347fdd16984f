// IDX files by hand, so that the reader under test meets bytes it did not write.
#include "tests/support/tiny_images.h"

#include <filesystem>
#include <fstream>
#include <random>

namespace lamina::test {
namespace {

void put_u32(std::ofstream& file, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) file.put(static_cast<char>(value >> shift & 0xFF));
}

void write_part(const std::string& stem, int count, unsigned seed) {
  std::mt19937 random(seed);
  std::ofstream images(stem + "-images-idx3-ubyte", std::ios::binary);
  std::ofstream labels(stem + "-labels-idx1-ubyte", std::ios::binary);
  put_u32(images, 0x803);
  put_u32(labels, 0x801);
  for (uint32_t extent : {static_cast<uint32_t>(count), 28u, 28u}) put_u32(images, extent);
  put_u32(labels, static_cast<uint32_t>(count));
  for (int i = 0; i < count; ++i) {
    const int label = static_cast<int>(random() % 10);
    labels.put(static_cast<char>(label));
    for (int y = 0; y < 28; ++y) {
      for (int x = 0; x < 28; ++x) {
        const bool lit = x / 5 == label % 5 && y / 14 == label / 5;
        images.put(static_cast<char>(random() % 96 + (lit ? 120 : 0)));
      }
    }
  }
}

}  // namespace

void write_tiny_images(const std::string& folder, int train, int test) {
  const std::string set = folder + "/fashion-mnist";
  std::filesystem::create_directories(set);
  write_part(set + "/train", train, 1);
  write_part(set + "/t10k", test, 2);
}

}  // namespace lamina::test
