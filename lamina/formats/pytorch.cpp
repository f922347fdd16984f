// PyTorch's files: where tensors lie, by what the pickle says of them.
#include "lamina/formats/pytorch.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_set>
#include <utility>

#include "lamina/backend/backend.h"
#include "lamina/base/detail/file_kind.h"
#include "lamina/base/detail/text.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/utf8.h"
#include "lamina/formats/detail/pickle.h"
#include "lamina/formats/detail/pytorch_folder.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/formats/detail/zip_archive.h"
#include "lamina/formats/weight_format.h"

namespace lamina {
namespace {

using detail::ByteSource;
using detail::Pickle;
using detail::PickleGlobal;
using detail::PickleValue;
using Kind = PickleValue::Kind;

constexpr size_t kDeepest = 64;                  // of dictionaries
constexpr size_t kMostValues = size_t{1} << 18;  // that are walked through
constexpr uint64_t kFreeBytes = uint64_t{64} << 20;
constexpr uint64_t kMostRatio = 10;  // bytes of tensors for each of the file

/// An element type of PyTorch's: its storage's name before 2.0 and ever since, the dtype's own, and ours.
struct Element {
  std::string_view storage, dtype;
  std::optional<DType> ours;
  size_t bytes;
};
constexpr Element kElements[] = {
    {"torch.FloatStorage", "torch.float32", DType::kFloat32, 4},
    {"torch.DoubleStorage", "torch.float64", DType::kFloat64, 8},
    {"torch.HalfStorage", "torch.float16", DType::kFloat16, 2},
    {"torch.BFloat16Storage", "torch.bfloat16", DType::kBFloat16, 2},
    {"torch.LongStorage", "torch.int64", DType::kInt64, 8},
    {"torch.IntStorage", "torch.int32", DType::kInt32, 4},
    {"torch.ShortStorage", "torch.int16", DType::kInt16, 2},
    {"torch.CharStorage", "torch.int8", DType::kInt8, 1},
    {"torch.ByteStorage", "torch.uint8", DType::kUInt8, 1},
    {"torch.BoolStorage", "torch.bool", DType::kBool, 1},
    {"torch.ComplexFloatStorage", "torch.complex64", std::nullopt, 8},
    {"torch.ComplexDoubleStorage", "torch.complex128", std::nullopt, 16},
    {"", "torch.uint16", std::nullopt, 2},
    {"", "torch.uint32", std::nullopt, 4},
    {"", "torch.uint64", std::nullopt, 8},
    {"", "torch.float8_e4m3fn", std::nullopt, 1},
    {"", "torch.float8_e5m2", std::nullopt, 1},
};

/// All that a file may name. Of these none is ever called.
constexpr PickleGlobal kGlobals[] = {
    {"collections", "OrderedDict", PickleGlobal::Makes::kDict},
    {"builtins", "set", PickleGlobal::Makes::kList},
    {"__builtin__", "set", PickleGlobal::Makes::kList},
    {"_codecs", "encode"},
    {"torch._utils", "_rebuild_tensor"},
    {"torch._utils", "_rebuild_tensor_v2"},
    {"torch._utils", "_rebuild_tensor_v3"},
    {"torch._utils", "_rebuild_parameter"},
    {"torch._tensor", "_rebuild_from_type_v2"},
    {"torch.nn.parameter", "Parameter"},
    {"torch.nn.parameter", "Buffer"},
    {"torch", "Tensor"},
    {"torch", "Size"},
    {"torch", "device"},
    {"torch", "UntypedStorage"},
    {"torch.storage", "UntypedStorage"},
    {"torch", "FloatStorage"},
    {"torch", "DoubleStorage"},
    {"torch", "HalfStorage"},
    {"torch", "BFloat16Storage"},
    {"torch", "LongStorage"},
    {"torch", "IntStorage"},
    {"torch", "ShortStorage"},
    {"torch", "CharStorage"},
    {"torch", "ByteStorage"},
    {"torch", "BoolStorage"},
    {"torch", "ComplexFloatStorage"},
    {"torch", "ComplexDoubleStorage"},
    {"torch", "float32"},
    {"torch", "float64"},
    {"torch", "float16"},
    {"torch", "bfloat16"},
    {"torch", "int64"},
    {"torch", "int32"},
    {"torch", "int16"},
    {"torch", "int8"},
    {"torch", "uint8"},
    {"torch", "bool"},
    {"torch", "complex64"},
    {"torch", "complex128"},
    {"torch", "uint16"},
    {"torch", "uint32"},
    {"torch", "uint64"},
    {"torch", "float8_e4m3fn"},
    {"torch", "float8_e5m2"},
};

/// Where the bytes of storages are.
class Storages {
 public:
  virtual ~Storages() = default;
  /// How many bytes the storage of that key has; nothing where there is none.
  virtual std::optional<uint64_t> size(const std::string& key) const = 0;
  /// Calls `use` with the bytes of a storage, which are fetched when they are asked for. The last one stays open:
  /// tensors that share one follow one another. Throws FileError when it is not as it was written.
  template <class Use>
  void with_bytes(const std::string& key, Use&& use) const {
    const std::lock_guard lock(last_);
    if (!opened_ || key_ != key) {
      opened_.reset();
      opened_.emplace(open(key));
      key_ = key;
    }
    use(*opened_);
    if (checked_.insert(key).second) check(key, *opened_);
  }

 private:
  virtual ByteSource open(const std::string& key) const = 0;
  virtual void check(const std::string& key, const ByteSource& opened) const = 0;

  mutable std::mutex last_;
  mutable std::string key_;
  mutable std::optional<ByteSource> opened_;
  mutable std::unordered_set<std::string> checked_;
};

/// A tensor as the pickle describes it.
struct View {
  const Element* element = nullptr;
  std::string key;
  uint64_t offset = 0;  // all of these in elements
  Shape shape;
  std::vector<uint64_t> strides;
};

class Reader {
 public:
  Reader(const std::string& path, uint64_t file_bytes, std::shared_ptr<const Storages> storages)
      : path_(path), storages_(std::move(storages)), bytes_left_(kFreeBytes + kMostRatio * file_bytes) {}

  WeightSnapshot run(const PickleValue& root) {
    snapshot_.source = path_;
    if (root.kind == Kind::kDict) {
      for (size_t i = 0; i < root.items.size(); i += 2) {
        const PickleValue &key = *root.items[i], &value = *root.items[i + 1];
        const std::string name = name_of(key);
        const bool is_model = name == "state_dict" || name == "model_state_dict" || name == "model";
        visit(is_model && value.kind == Kind::kDict ? "" : name, value, snapshot_.metadata, name, 0);
      }
    } else {
      visit("", root, snapshot_.metadata, "value", 0);
    }
    return std::move(snapshot_);
  }

 private:
  [[noreturn]] void damaged(const std::string& name, const std::string& what) const {
    throw FileError("'" + path_ + "': tensor '" + detail::excerpt(name, 200) + "' " + what);
  }

  static std::string name_of(const PickleValue& key) {
    if (key.kind == Kind::kText) return valid_utf8(key.text);
    if (key.kind == Kind::kInt || key.kind == Kind::kBool) return std::to_string(key.integer);
    return "?";
  }

  // Tensors become entries; what can be said in JSON becomes a member of `metadata`.
  void visit(const std::string& path, const PickleValue& value, Json& metadata, const std::string& key,
             size_t depth) {
    if (depth > kDeepest || ++visited_ > kMostValues)
      throw FileError("'" + path_ + "' holds dictionaries within one another without end, near '" +
                      detail::excerpt(path, 200) + "'");
    if (const PickleValue* const tensor = tensor_of(value, 0)) return add(path, *tensor);
    if (value.kind == Kind::kDict || value.kind == Kind::kList || value.kind == Kind::kTuple) {
      Json inner = Json::object();
      const bool pairs = value.kind == Kind::kDict;
      for (size_t i = 0; i < value.items.size(); i += pairs ? 2 : 1) {
        const std::string name = pairs ? name_of(*value.items[i]) : std::to_string(i);
        visit(path.empty() ? name : path + "." + name, *value.items[pairs ? i + 1 : i], inner, name,
              depth + 1);
      }
      if (inner.size() == 0) return;
      if (!pairs && inner.size() == value.items.size()) {  // no tensor among them: a list
        Json list = Json::list();
        for (const auto& [name, item] : inner.as_object()) list.push_back(item);
        inner = std::move(list);
      }
      metadata.as_object().emplace_back(key, std::move(inner));
      return;
    }
    if (const std::optional<Json> plain = plain_of(value)) metadata.as_object().emplace_back(key, *plain);
  }

  static std::optional<Json> plain_of(const PickleValue& value) {
    switch (value.kind) {
      case Kind::kNone:
        return Json();
      case Kind::kBool:
        return Json(value.integer != 0);
      case Kind::kInt:
        return Json(value.integer);
      case Kind::kFloat:
        return Json(value.number);
      case Kind::kText:
        return Json(valid_utf8(value.text));
      case Kind::kGlobal:
        return Json(value.text);
      case Kind::kCall: {  // torch.Size([2, 3])
        if (value.items[0]->text != "torch.Size" || value.items[1]->items.size() != 1) return std::nullopt;
        Json list = Json::list();
        for (const PickleValue* extent : value.items[1]->items[0]->items) list.push_back(extent->integer);
        return list;
      }
      default:
        return std::nullopt;
    }
  }

  // The call that rebuilds a tensor, past parameters and subclasses around it; nullptr for other values.
  static const PickleValue* tensor_of(const PickleValue& value, int depth) {
    if (value.kind != Kind::kCall || depth > 4) return nullptr;
    const std::string& name = value.items[0]->text;
    const auto& arguments = value.items[1]->items;
    if (name.starts_with("torch._utils._rebuild_tensor")) return &value;
    if (name == "torch._utils._rebuild_parameter" && !arguments.empty())
      return tensor_of(*arguments[0], depth + 1);
    if (name != "torch._tensor._rebuild_from_type_v2" || arguments.size() < 3) return nullptr;
    // (function, type, arguments, state): the call that these say is in no value of its own
    return arguments[0]->kind == Kind::kGlobal && arguments[2]->kind == Kind::kTuple &&
                   arguments[0]->text.starts_with("torch._utils._rebuild_tensor")
               ? &value
               : nullptr;
  }

  void add(const std::string& name, const PickleValue& call) {
    if (!names_.insert(name).second) damaged(name, "is there twice");
    const bool typed = call.items[0]->text == "torch._tensor._rebuild_from_type_v2";
    const std::string& function = typed ? call.items[1]->items[0]->text : call.items[0]->text;
    const PickleValue& arguments = typed ? *call.items[1]->items[2] : *call.items[1];
    const View view = view_of(name, function, arguments);
    if (!view.element->ours) {
      snapshot_.skipped.push_back(name + ": " + std::string(view.element->dtype) +
                                  ", which tensors here do not have");
      return;
    }
    const TensorType type{*view.element->ours, view.shape};
    const uint64_t bytes = type.bytes();
    if (bytes > bytes_left_)
      damaged(name, "would take " + std::to_string(bytes) +
                        " bytes: all tensors together take far more than the file has");
    bytes_left_ -= bytes;
    snapshot_.entries.push_back(
        {.name = name,
         .type = type,
         .stored = std::string(view.element->dtype.substr(6)),
         .stored_bytes = bytes,
         .read = [storages = storages_, view, type] { return read_view(*storages, view, type); }});
  }

  View view_of(const std::string& name, const std::string& function, const PickleValue& arguments) const {
    const auto& given = arguments.items;
    if (given.size() < 4 || given[0]->kind != Kind::kPersistent || given[2]->kind == Kind::kText)
      damaged(name, "is described by what cannot be");
    View view;
    uint64_t count = 0;
    place(name, *given[0]->items[0], view, count);
    if (function.ends_with("_v3")) {
      const auto* const dtype = given.size() > 6 && given[6]->kind == Kind::kGlobal ? given[6] : nullptr;
      const size_t before = view.element->bytes;
      view.element = dtype ? find_element(dtype->text, &Element::dtype) : nullptr;
      if (!view.element) damaged(name, "has no element type");
      count = count * before / view.element->bytes;
    }
    view.offset = whole(name, *given[1]);
    // sizes may be a torch.Size
    const PickleValue* sizes = given[2];
    if (sizes->kind == Kind::kCall && sizes->items[1]->items.size() == 1) sizes = sizes->items[1]->items[0];
    if (sizes->items.size() != given[3]->items.size() || sizes->items.size() > Shape::kMaxRank)
      damaged(name, "has " + std::to_string(sizes->items.size()) + " axes");
    uint64_t last = view.offset, elements = 1;
    constexpr uint64_t kMost = uint64_t{1} << 48;
    for (size_t i = 0; i < sizes->items.size(); ++i) {
      const uint64_t extent = whole(name, *sizes->items[i]), stride = whole(name, *given[3]->items[i]);
      if (extent > kMost || stride > kMost || (extent > 0 && elements > kMost / extent))
        damaged(name, "has an extent of " + std::to_string(extent));
      view.shape.push_back(static_cast<int64_t>(extent));
      view.strides.push_back(stride);
      elements *= extent;
      if (extent > 1) {
        if (stride > 0 && (extent - 1) > kMost / stride) damaged(name, "lies beyond its storage");
        last += (extent - 1) * stride;
      }
    }
    if (elements > 0 && last >= count)
      damaged(name,
              "lies beyond its storage: element " + std::to_string(last) + " of " + std::to_string(count));
    return view;
  }

  uint64_t whole(const std::string& name, const PickleValue& value) const {
    if (value.kind != Kind::kInt || value.integer < 0 || value.integer > int64_t{1} << 56)
      damaged(name, "has an offset, extent or stride that is no whole number from 0 on");
    return static_cast<uint64_t>(value.integer);
  }

  static const Element* find_element(std::string_view text, std::string_view Element::*member) {
    const auto* const found = std::find_if(std::begin(kElements), std::end(kElements),
                                           [&](const Element& one) { return one.*member == text; });
    return found == std::end(kElements) ? nullptr : found;
  }

  // ("storage", class, key, device, number of elements)
  void place(const std::string& name, const PickleValue& identity, View& view, uint64_t& count) const {
    const auto& items = identity.items;
    if (items.size() < 5 || items[1]->kind != Kind::kGlobal || items[2]->kind != Kind::kText)
      damaged(name, "is described by what cannot be");
    view.key = items[2]->text;
    count = whole(name, *items[4]);
    const std::string& storage = items[1]->text;
    static constexpr Element kBytes{"", "torch.uint8", DType::kUInt8, 1};
    view.element = storage.ends_with(".UntypedStorage") ? &kBytes : find_element(storage, &Element::storage);
    if (!view.element) damaged(name, "is of '" + storage + "', which is no storage");
    const std::optional<uint64_t> stored = storages_->size(view.key);
    if (!stored) damaged(name, "is in storage '" + detail::excerpt(view.key, 100) + "', which is not there");
    if (*stored / view.element->bytes < count)
      damaged(name, "is in storage '" + view.key + "', which has " + std::to_string(*stored) +
                        " bytes and not " + std::to_string(count) + " elements");
  }

  static Tensor read_view(const Storages& storages, const View& view, const TensorType& type) {
    auto buffer = std::make_shared<Buffer>(Device{}, type.bytes());
    storages.with_bytes(view.key, [&](const ByteSource& bytes) { copy(bytes, view, *buffer); });
    if (type.dtype == DType::kBool) {
      auto* const bools = static_cast<char*>(buffer->data());
      for (size_t i = 0; i < type.bytes(); ++i) bools[i] = bools[i] != 0;  // another value would be undefined
    }
    return Tensor::wrap(std::move(buffer), type);
  }

  static void copy(const ByteSource& bytes, const View& view, Buffer& buffer) {
    auto* out = static_cast<char*>(buffer.data());
    const size_t element = view.element->bytes;
    const int rank = view.shape.rank();
    const auto elements = static_cast<uint64_t>(view.shape.size());
    // From the innermost axis out, as long as each stride is the extents within.
    uint64_t run = 1;
    int axis = rank;
    while (axis > 0 && (view.strides[static_cast<size_t>(axis - 1)] == run || view.shape[axis - 1] == 1)) {
      run *= static_cast<uint64_t>(view.shape[axis - 1]);
      --axis;
    }
    // What lies in small parts is fetched as a whole.
    constexpr uint64_t kLong = 64 << 10;
    const bool parts = run < elements && run * element < kLong;
    const std::string_view all = parts ? bytes.view(0, bytes.size()) : std::string_view();
    std::vector<int64_t> index(static_cast<size_t>(rank), 0);
    uint64_t at = view.offset;
    for (uint64_t done = 0; done < elements; done += run) {
      if (parts) {
        std::memcpy(out + done * element, all.data() + at * element, static_cast<size_t>(run) * element);
      } else {
        bytes.copy(at * element, out + done * element, run * element);
      }
      for (int i = axis - 1; i >= 0; --i) {
        const uint64_t stride = view.strides[static_cast<size_t>(i)];
        at += stride;
        if (++index[static_cast<size_t>(i)] < view.shape[i]) break;
        at -= stride * static_cast<uint64_t>(view.shape[i]);
        index[static_cast<size_t>(i)] = 0;
      }
    }
  }

  std::string path_;
  std::shared_ptr<const Storages> storages_;
  uint64_t bytes_left_;
  size_t visited_ = 0;
  std::unordered_set<std::string> names_;
  WeightSnapshot snapshot_{.source = {}, .format = {}, .entries = {}};
};

/// Members of a zip archive: FOLDER/data/KEY.
class ZipStorages final : public Storages {
 public:
  ZipStorages(const ByteSource& file, const std::string& path) : file_bytes_(file.size()), zip_(file, path) {
    constexpr std::string_view kProgram = "data.pkl";
    for (const std::string& member : zip_.members()) {
      const bool whole = member == kProgram || member.ends_with("/" + std::string(kProgram));
      if (whole && std::count(member.begin(), member.end(), '/') <= 1)
        folder_ = member.substr(0, member.size() - kProgram.size());
      found_ |= whole;
    }
    if (!found_) throw FileError("'" + path + "' has no data.pkl: it is no file that torch.save wrote");
    if (zip_.has(folder_ + "byteorder") && zip_.read(folder_ + "byteorder") != "little")
      throw FileError("'" + path + "' was written on a big-endian machine, which Lamina does not read");
  }
  std::string program() const { return zip_.read(folder_ + "data.pkl"); }
  std::optional<uint64_t> size(const std::string& key) const override {
    const std::string member = folder_ + "data/" + key;
    return zip_.has(member) ? std::optional(zip_.size(member)) : std::nullopt;
  }
  uint64_t file_size() const { return file_bytes_; }

 private:
  ByteSource open(const std::string& key) const override { return zip_.open(folder_ + "data/" + key); }
  void check(const std::string& key, const ByteSource& opened) const override {
    zip_.check(folder_ + "data/" + key, opened);
  }

  uint64_t file_bytes_;
  detail::ZipReader zip_;
  std::string folder_;
  bool found_ = false;
};

/// What follows the pickles in a file of PyTorch before 1.6: for each storage its length, then its bytes.
class OldStorages final : public Storages {
 public:
  explicit OldStorages(ByteSource file) : file_(std::move(file)) {}
  void add(const std::string& key, size_t at, size_t size) { places_[key] = {at, size}; }
  std::optional<uint64_t> size(const std::string& key) const override {
    const auto found = places_.find(key);
    return found == places_.end() ? std::nullopt : std::optional<uint64_t>(found->second.second);
  }

 private:
  ByteSource open(const std::string& key) const override {
    const auto& [at, size] = places_.at(key);
    return file_.part(at, size);
  }
  void check(const std::string&, const ByteSource&) const override {}  // the format has no checksums

  ByteSource file_;
  std::map<std::string, std::pair<size_t, size_t>> places_;
};

constexpr std::string_view kOldMagic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15);

// The bytes of an element of each storage, which only the pickle tells.
void element_sizes(const Pickle& pickle, std::map<std::string, size_t>& sizes) {
  for (const PickleValue& value : pickle.values) {
    if (value.kind != Kind::kPersistent || value.items[0]->items.size() < 5) continue;
    const auto& items = value.items[0]->items;
    for (const Element& element : kElements) {
      if (!element.storage.empty() && items[1]->text == element.storage)
        sizes.emplace(items[2]->text, element.bytes);
    }
  }
}

// The magic number, a version, words about the machine, the program, the keys of the storages, and these.
WeightSnapshot open_old(const std::string& path, const ByteSource& file) {
  const auto storages = std::make_shared<OldStorages>(file);
  const std::string text = read_file(path);  // until it is known where the storages begin
  const std::string_view all = text;
  size_t at = kOldMagic.size();
  const auto next = [&] {
    Pickle pickle = detail::read_pickle(all.substr(at), kGlobals, path);
    at += pickle.bytes;
    return pickle;
  };
  next();
  next();
  const Pickle program = next();
  const Pickle keys = next();
  std::map<std::string, size_t> sizes;
  element_sizes(program, sizes);
  if (keys.root->kind != Kind::kList) throw FileError("'" + path + "' does not say which storages it has");
  for (const PickleValue* key : keys.root->items) {
    uint64_t count = 0;
    const auto element = sizes.find(key->text);
    const size_t bytes_each = element == sizes.end() ? 1 : element->second;
    if (all.size() - at < 8) throw FileError("'" + path + "' is truncated");
    std::memcpy(&count, all.data() + at, 8);
    at += 8;
    if (count > (all.size() - at) / bytes_each)
      throw FileError("'" + path + "' is truncated: storage '" + detail::excerpt(key->text, 100) + "' has " +
                      std::to_string(count) + " elements, and " + std::to_string(all.size() - at) +
                      " bytes are left");
    storages->add(key->text, at, static_cast<size_t>(count) * bytes_each);
    at += static_cast<size_t>(count) * bytes_each;
  }
  return Reader(path, all.size(), storages).run(*program.root);
}

WeightSnapshot open_file(const std::string& path) {
  detail::refuse_pipe(path);
  const ByteSource file = ByteSource::of_file(path);
  const std::string_view start = file.view(0, std::min<uint64_t>(file.size(), kOldMagic.size()));
  if (start == kOldMagic) return open_old(path, file);
  if (start.starts_with("\x80")) {
    throw FileError("'" + path +
                    "' is a plain pickle and no file of torch.save; load it in PyTorch, and save " +
                    "its state_dict with torch.save or safetensors");
  }
  const auto storages = std::make_shared<const ZipStorages>(file, path);
  const std::string program = storages->program();
  const Pickle pickle = detail::read_pickle(program, kGlobals, path);
  return Reader(path, storages->file_size(), storages).run(*pickle.root);
}

// A zip archive whose first member is FOLDER/data.pkl.
bool recognises(std::string_view start) {
  if (start.starts_with(kOldMagic)) return true;
  if (start.size() < 30 || !start.starts_with("PK\x03\x04")) return false;
  const size_t length = static_cast<unsigned char>(start[26]) + 256u * static_cast<unsigned char>(start[27]);
  return start.substr(30).substr(0, length).ends_with("data.pkl");
}

WeightSnapshot open(const std::string& path) {
  return std::filesystem::is_directory(path) ? detail::open_pytorch_folder(path) : open_file(path);
}

[[maybe_unused]] const bool kPytorchRegistered = register_weight_format(
    {"pytorch", {".pt", ".pth", ".bin"}, recognises, open, nullptr, {}, detail::is_pytorch_folder});

}  // namespace

WeightSnapshot read_pytorch(const std::string& path) {
  return detail::reading(path, [&] { return open_file(path); });
}

}  // namespace lamina
