// cache and prefetch: memory, files and threads for speed.
#include <filesystem>
#include <mutex>

#include "lamina/data/detail/arguments.h"
#include "lamina/data/detail/element_file.h"
#include "lamina/data/detail/read_ahead.h"

namespace lamina {
namespace {

using detail::DatasetNodePtr;
using detail::ElementIteratorPtr;
using detail::Pass;

// The elements are always those of pass 0, whichever pass it is that fills the cache: a training that is
// resumed in its third epoch, with an empty cache, meets the order that it met before. For the same reason
// they are kept for one seed only, if the input depends on it.
class CacheNode : public detail::DatasetNode {
 public:
  explicit CacheNode(DatasetNodePtr input) : DatasetNode("cache", {std::move(input)}) {}
  int64_t cardinality() const override { return input().cardinality(); }
  std::optional<int64_t> samples() const override { return input().samples(); }
};

class MemoryCacheNode : public CacheNode {
 public:
  using CacheNode::CacheNode;
  ElementIteratorPtr iterate(const Pass& pass) const override {
    if (auto elements = kept(pass.seed)) return std::make_unique<Reader>(std::move(elements));
    return std::make_unique<Filler>(*this, pass.seed);
  }

 private:
  using Elements = std::vector<Element>;

  std::shared_ptr<const Elements> kept(uint64_t seed) const {
    const std::lock_guard lock(mutex_);
    return kept_seed_ == seed || !input().depends_on_seed() ? kept_ : nullptr;
  }

  class Reader : public detail::ElementIterator {
   public:
    explicit Reader(std::shared_ptr<const Elements> elements) : elements_(std::move(elements)) {}
    bool next(Element& element) override {
      if (position_ == elements_->size()) return false;
      element = (*elements_)[position_++];
      return true;
    }
    int64_t skip(int64_t count) override {
      count = std::min(count, static_cast<int64_t>(elements_->size() - position_));
      position_ += static_cast<size_t>(count);
      return count;
    }

   private:
    std::shared_ptr<const Elements> elements_;
    size_t position_ = 0;
  };

  // Passes elements on and keeps them; who reaches the end first fills the cache.
  class Filler : public detail::ElementIterator {
   public:
    Filler(const MemoryCacheNode& node, uint64_t seed)
        : node_(node), seed_(seed), input_(node.input().iterate({seed, 0})) {}
    bool next(Element& element) override {
      if (!elements_) return false;
      if (input_->next(element)) {
        elements_->push_back(element);
        return true;
      }
      const std::lock_guard lock(node_.mutex_);
      node_.kept_ = std::move(elements_);
      node_.kept_seed_ = seed_;
      return false;
    }

   private:
    const MemoryCacheNode& node_;
    uint64_t seed_;
    ElementIteratorPtr input_;
    std::shared_ptr<Elements> elements_ = std::make_shared<Elements>();
  };

  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Elements> kept_;
  mutable uint64_t kept_seed_ = 0;
};

// The elements in a file, which another process may have written, or write meanwhile: it is there as a whole
// or not at all.
class FileCacheNode : public CacheNode {
  // What goes wrong with the file names this stage.
  template <class F>
  auto said(F&& function) const {
    try {
      return function();
    } catch (...) {
      detail::rethrow_with("Dataset::cache: ", " (pipeline: " + path() + ")");
    }
  }

 public:
  FileCacheNode(DatasetNodePtr input, std::string path)
      : CacheNode(std::move(input)), path_(std::move(path)) {}

  ElementIteratorPtr iterate(const Pass& pass) const override {
    const detail::ElementFileInfo wanted{input().path(false),
                                         input().depends_on_seed() ? std::optional(pass.seed) : std::nullopt};
    return said([&]() -> ElementIteratorPtr {
      if (std::filesystem::exists(path_)) {
        auto file = std::make_unique<detail::ElementFileReader>(path_);
        if (file->info().pipeline != wanted.pipeline) {
          throw FileError("'" + path_ + "' holds the elements of another pipeline, " + file->info().pipeline +
                          ": name another file, or delete this one");
        }
        if (file->info().seed == wanted.seed) return std::make_unique<Reader>(*this, std::move(file));
      }
      auto file = std::make_unique<detail::ElementFileWriter>(path_, wanted);
      return std::make_unique<Filler>(*this, std::move(file), pass.seed);
    });
  }

 private:
  class Reader : public detail::ElementIterator {
   public:
    Reader(const FileCacheNode& node, std::unique_ptr<detail::ElementFileReader> file)
        : node_(node), file_(std::move(file)) {}
    bool next(Element& element) override {
      if (position_ == file_->size()) return false;
      element = node_.said([&] { return file_->read(position_); });
      ++position_;
      return true;
    }
    int64_t skip(int64_t count) override {
      count = std::min(count, file_->size() - position_);
      position_ += count;
      return count;
    }

   private:
    const FileCacheNode& node_;
    std::unique_ptr<detail::ElementFileReader> file_;
    int64_t position_ = 0;
  };

  // Passes elements on and writes them; the file appears at the end of the pass.
  class Filler : public detail::ElementIterator {
   public:
    Filler(const FileCacheNode& node, std::unique_ptr<detail::ElementFileWriter> file, uint64_t seed)
        : node_(node), file_(std::move(file)), input_(node.input().iterate({seed, 0})) {}
    bool next(Element& element) override {
      if (!file_) return false;
      if (input_->next(element)) {
        node_.said([&] { file_->write(element); });
        return true;
      }
      node_.said([&] { file_->finish(); });
      file_.reset();
      return false;
    }

   private:
    const FileCacheNode& node_;
    std::unique_ptr<detail::ElementFileWriter> file_;
    ElementIteratorPtr input_;
  };

  std::string path_;
};

class PrefetchNode : public detail::DatasetNode {
 public:
  PrefetchNode(std::string name, DatasetNodePtr input, int64_t buffer_size)
      : DatasetNode(std::move(name), {std::move(input)}), buffer_size_(buffer_size) {}
  int64_t cardinality() const override { return input().cardinality(); }
  std::optional<int64_t> samples() const override { return input().samples(); }
  bool only_for_speed() const override { return true; }
  ElementIteratorPtr iterate(const Pass& pass) const override {
    return detail::read_ahead(input().iterate(pass), buffer_size_);
  }

 private:
  int64_t buffer_size_;
};

}  // namespace

Dataset Dataset::cache(const std::string& path) const {
  if (path.empty()) return Dataset(std::make_shared<MemoryCacheNode>(node_));
  return Dataset(std::make_shared<FileCacheNode>(node_, path));
}

Dataset Dataset::prefetch(int64_t buffer_size) const {
  if (buffer_size == kAutotune) buffer_size = 2;
  detail::at_least("prefetch", "buffer_size", buffer_size, 1);
  return Dataset(
      std::make_shared<PrefetchNode>("prefetch(" + std::to_string(buffer_size) + ")", node_, buffer_size));
}

}  // namespace lamina
