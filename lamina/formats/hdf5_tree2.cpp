// Version 2 B-trees: nodes of one size, records of one size, the fields of inner nodes as wide as the numbers
// of records below need.
#include "lamina/formats/detail/hdf5_tree2.h"

#include <bit>

namespace lamina::detail {
namespace {

constexpr uint64_t kNodeFrame = 4 + 1 + 1 + 4;  // signature, version, type, checksum
constexpr int kMaxDepth = 16;

int bytes_for(uint64_t number) { return number == 0 ? 1 : (std::bit_width(number) + 7) / 8; }

class Tree {
 public:
  Tree(Hdf5File& file, int type, const std::string& label,
       const std::function<void(std::string_view)>& record)
      : file_(file), type_(type), label_(label), record_(record) {}

  void read(uint64_t address) {
    file_.once(address, "a tree", label_);
    constexpr uint64_t kHeader = 4 + 1 + 1 + 4 + 2 + 2 + 1 + 1 + 8 + 2 + 8 + 4;
    ByteCursor cursor(file_.checked_block(address, kHeader, "BTHD", label_), label_);
    if (cursor.u8() != 0 || cursor.u8() != type_) damaged();
    node_size_ = cursor.u32();
    record_size_ = cursor.u16();
    const int depth = cursor.u16();
    cursor.skip(2);
    const uint64_t root = cursor.u64();
    const uint64_t count = cursor.u16();
    if (record_size_ == 0 || node_size_ < kNodeFrame + record_size_ || depth > kMaxDepth) damaged();
    uint64_t most = (node_size_ - kNodeFrame) / record_size_, all = most;
    count_bytes_ = bytes_for(most);
    total_bytes_.push_back(0);
    for (int level = 1; level <= depth; ++level) {
      const uint64_t pointer = 8 + static_cast<uint64_t>(count_bytes_ + total_bytes_.back());
      if (node_size_ < kNodeFrame + pointer + record_size_ + pointer) damaged();
      most = (node_size_ - kNodeFrame - pointer) / (record_size_ + pointer);
      if (all > (uint64_t{1} << 40)) damaged();
      all = (most + 1) * all + most;
      total_bytes_.push_back(bytes_for(all));
    }
    if (root != kHdf5NoAddress && count > 0) node(root, count, depth);
  }

 private:
  [[noreturn]] void damaged() const { Hdf5File::fail(label_, "its tree is damaged"); }

  void node(uint64_t address, uint64_t count, int level) {
    file_.once(address, "a node of its tree", label_);
    const auto pointer = static_cast<uint64_t>(
        level == 0 ? 0 : 8 + count_bytes_ + total_bytes_[static_cast<size_t>(level - 1)]);
    const uint64_t used = kNodeFrame + count * record_size_ + (level == 0 ? 0 : (count + 1) * pointer);
    if (used > node_size_) damaged();
    // The checksum follows what is used, not the end of the node.
    ByteCursor cursor(file_.checked_block(address, used, level == 0 ? "BTLF" : "BTIN", label_), label_);
    if (cursor.u8() != 0 || cursor.u8() != type_) damaged();
    for (uint64_t i = 0; i < count; ++i) record_(cursor.take(record_size_));
    if (level == 0) return;
    for (uint64_t i = 0; i <= count; ++i) {
      const uint64_t child = cursor.u64();
      const uint64_t records = cursor.number(count_bytes_);
      cursor.skip(static_cast<uint64_t>(total_bytes_[static_cast<size_t>(level - 1)]));
      node(child, records, level - 1);
    }
  }

  Hdf5File& file_;
  int type_;
  const std::string& label_;
  const std::function<void(std::string_view)>& record_;
  uint64_t node_size_ = 0, record_size_ = 0;
  int count_bytes_ = 0;
  std::vector<int> total_bytes_;  // of the field that counts all records under a node of that level
};

}  // namespace

void read_hdf5_tree2(Hdf5File& file, uint64_t address, int type, const std::string& label,
                     const std::function<void(std::string_view)>& record) {
  Tree(file, type, label, record).read(address);
}

}  // namespace lamina::detail
