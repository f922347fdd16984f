// What the elements of HDF5 chunks went through before they were stored.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lamina::detail {

/// The filters of a dataset, in the order in which they were applied when it was written: gzip, shuffle,
/// fletcher32, scale-offset and lzf, which h5py offers.
class Hdf5Filters {
 public:
  Hdf5Filters() = default;
  /// From the body of a filter message. Throws FileError, opening with `label`, when it is damaged.
  Hdf5Filters(std::string_view body, const std::string& label);

  bool empty() const { return filters_.empty(); }
  /// Why chunks cannot be read back ("compressed with szip"); empty when they can.
  std::string unsupported() const;
  /// The `size` bytes that were stored as `stored`. `skipped` has a bit for each filter that was left out.
  /// Throws FileError, opening with `label`, when they are damaged, or not as many.
  std::string undo(std::string_view stored, uint32_t skipped, uint64_t size, const std::string& label) const;

 private:
  struct Filter {
    int id;
    std::vector<uint32_t> parameters;
  };
  std::vector<Filter> filters_;
};

}  // namespace lamina::detail
