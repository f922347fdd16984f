// Photographs a second: image_dataset_from_directory beside libjpeg-turbo alone, called by as many threads,
// in turns.
//   lamina_decode FOLDER [SIDE]
#include <turbojpeg.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <thread>
#include <vector>

#include "lamina/base/files.h"
#include "lamina/base/threads.h"
#include "lamina/image/load_img.h"
#include "lamina/zoo/image_dataset.h"

namespace {

/// Least of several runs: of the clock, and of the processors.
struct Least {
  double seconds = 1e9, processor = 1e9;

  void run(const auto& work) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t before = std::clock();
    work();
    processor = std::min(processor, static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC);
    seconds =
        std::min(seconds, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
};

void decode_alone(const std::vector<std::string>& paths, int flags) {
  std::atomic<size_t> next = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < lamina::num_threads(); ++i) {
    threads.emplace_back([&] {
      void* decoder = tjInitDecompress();
      std::vector<unsigned char> pixels;
      for (size_t at; (at = next++) < paths.size();) {
        const std::string bytes = lamina::read_file(paths[at]);
        const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
        int width = 0, height = 0, subsampling = 0, colours = 0;
        tjDecompressHeader3(decoder, data, bytes.size(), &width, &height, &subsampling, &colours);
        pixels.resize(3 * static_cast<size_t>(width) * static_cast<size_t>(height));
        tjDecompress2(decoder, data, bytes.size(), pixels.data(), width, 0, height, TJPF_RGB, flags);
      }
      tjDestroy(decoder);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const auto report = [](const char* what, double count, const Least& ours, const Least& alone) {
    std::printf("%-32s %d threads: %.0f a second, libjpeg-turbo alone %.0f: %.2f; by processor time %.2f\n",
                what, lamina::num_threads(), count / ours.seconds, count / alone.seconds,
                alone.seconds / ours.seconds, alone.processor / ours.processor);
  };
  const int64_t side = argc > 2 ? std::atoll(argv[2]) : 150;
  for (const char* dct : {"fast", "accurate"}) {
    const lamina::ImageDataset dataset = lamina::image_dataset_from_directory(
        argv[1], {.image_size = {side, side}, .seed = 1, .dct_method = dct});
    const auto count = static_cast<double>(dataset.file_paths.size());
    Least ours, alone;
    for (int run = 0; run < 7; ++run) {
      alone.run([&] { decode_alone(dataset.file_paths, dct[0] == 'f' ? TJFLAG_FASTDCT : 0); });
      ours.run([&] {
        for (const lamina::Element& batch : dataset) static_cast<void>(batch);
      });
    }
    report((std::string(dct) + ", resized to " + std::to_string(side)).c_str(), count, ours, alone);
  }
  const lamina::ImageDataset all = lamina::image_dataset_from_directory(argv[1], {.shuffle = false});
  const lamina::Dataset plain = lamina::Dataset::from_files(
      all.file_paths,
      [](const std::string& path) {
        return lamina::Element{{lamina::img_to_tensor(lamina::load_img(path))}, {}, {}};
      },
      {.num_parallel_calls = lamina::kAutotune});
  Least ours, alone;
  for (int run = 0; run < 7; ++run) {
    alone.run([&] { decode_alone(all.file_paths, 0); });
    ours.run([&] {
      for (const lamina::Element& sample : plain) static_cast<void>(sample);
    });
  }
  report("load_img, not resized", static_cast<double>(all.file_paths.size()), ours, alone);
}
