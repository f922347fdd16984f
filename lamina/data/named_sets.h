// The named data sets, and folders that hold the files of one. For load_data. Internal header.
#pragma once

#include <string>
#include <vector>

#include "lamina/data/labelled_data.h"

namespace lamina::detail {

/// Whether `folder` holds IDX files with the names that MNIST's have.
bool has_idx_files(const std::string& folder);

/// The part `split` ("train" or "test") of the IDX files in `folder`: images (n, height, width, 1) and
/// labels. `class_names` empty: "0", "1", ... up to the largest label. Throws FileError.
LabelledData load_idx_folder(const std::string& folder, const std::string& split,
                             std::vector<std::string> class_names = {});

/// Folders in which the files of the set `name` may lie, in the order in which they are looked through.
/// `folder` empty: $LAMINA_DATA/NAME, then /usr/share/datasets/NAME.
std::vector<std::string> places_of(const std::string& name, const std::string& folder = "");

/// Whether `name` is a named set.
bool is_named_set(const std::string& name);

/// A part of a named set. `folder` empty: where it is installed. Throws FileError saying how to get it.
LabelledData load_named_set(const std::string& name, const std::string& split, const std::string& folder);

}  // namespace lamina::detail
