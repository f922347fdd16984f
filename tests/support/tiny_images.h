// A small made-up image set in IDX files, quick to learn: for tests that train.
#pragma once

#include <string>

namespace lamina::test {

/// Writes FOLDER/fashion-mnist with `train` and `test` 28x28 images of ten classes: each class lights another
/// spot, over noise. Set LAMINA_DATA to FOLDER to use it.
void write_tiny_images(const std::string& folder, int train, int test);

}  // namespace lamina::test
