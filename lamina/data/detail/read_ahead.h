// Iterators with threads of their own. Internal header.
#pragma once

#include "lamina/data/detail/dataset_node.h"

namespace lamina::detail {

/// The elements of `input`, up to `buffer_size` of which a thread computes ahead. The thread starts with the
/// first next().
ElementIteratorPtr read_ahead(ElementIteratorPtr input, int64_t buffer_size);

/// f of the elements of `input`, in order, computed by `num_threads` threads. They start with the first
/// next() and hold at most twice as many elements as there are threads.
ElementIteratorPtr parallel_map(ElementIteratorPtr input, const MapFunction& f, int num_threads,
                                const DatasetNode& node);

}  // namespace lamina::detail
