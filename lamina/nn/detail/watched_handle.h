// WatchedHandle: whether code of a user has left the model where it was. Internal header.
#pragma once

#include <memory>
#include <string>

namespace lamina {

class Model;

namespace detail {

struct ModelImpl;

/// The handle that a loop works with. Callbacks and steps of a user's own may move it away, assign to it or
/// destroy it: require() tells, without touching one that has ended.
class WatchedHandle {
 public:
  /// Watches nothing.
  WatchedHandle() = default;
  explicit WatchedHandle(const Model& model);

  /// Throws InvalidArgument where the handle has ended or stands for another model than at first.
  void require() const;

 private:
  const Model* model_ = nullptr;
  std::weak_ptr<const void> alive_;
  std::weak_ptr<ModelImpl> impl_;  // whoever runs the loop holds it
  std::string name_;
};

}  // namespace detail
}  // namespace lamina
