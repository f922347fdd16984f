// .classic files: fitted estimators of lamina/classic.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lamina/base/files.h"
#include "lamina/classic/estimator.h"
#include "lamina/nn/data_info.h"

namespace lamina {

/// Writes a fitted estimator: a zip archive with `estimator.json` (format, version, class, parameters and
/// small values) and one .npy member for each array; numpy.load reads the arrays. docs/guide/files.md says
/// what each class writes. The same estimator gives the same bytes. The file is replaced atomically. Throws
/// InvalidArgument before fit, and FileError when it cannot be written.
/// @param info  what it knows of its data (names of classes and columns, how texts become numbers), for the
///              member `lamina/data.json`, as `.keras` files have it.
/// @param options  as write_file.
void save_classic(const classic::Estimator& estimator, const std::string& path, const DataInfo& info = {},
                  const WriteOptions& options = {});

/// The bytes that save_classic writes.
std::string classic_bytes(const classic::Estimator& estimator, const DataInfo& info = {});

/// The estimator in such a file; it predicts the same bits. Throws FileError when the file is missing or
/// damaged, of a later version, or says what no estimator can be.
std::shared_ptr<classic::Estimator> load_classic(const std::string& path);

/// The same from bytes in memory.
/// @param name  what to call them in error messages.
std::shared_ptr<classic::Estimator> parse_classic(std::string_view bytes, const std::string& name);

/// The same for a file that holds a classifier, a regressor or a pipeline that ends in one. Throws FileError
/// for another.
std::shared_ptr<classic::Predictor> load_predictor(const std::string& path);

/// A fitted estimator with what it knows of its data: what a .classic file holds.
struct FittedEstimator {
  std::shared_ptr<classic::Predictor> predictor;
  DataInfo info = {};  ///< empty where nothing was saved
};

/// Both, as load_predictor; the file is read once. Throws FileError for what DataInfo refuses, too.
FittedEstimator load_fitted(const std::string& path);

/// Whether the file at `path` is a .classic file: its first bytes say it, or else its name.
bool is_classic_file(const std::string& path);

}  // namespace lamina
