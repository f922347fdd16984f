// OpScope: whose work the ops are that a thread records, for messages. Internal header.
#pragma once

#include <memory>
#include <string>

namespace lamina::detail {

/// While it lives, this thread's ops are said to be in `place`: "layer 'sequential/dense'". Only made where
/// somebody will ask (wanted), since names cost time.
class OpScope {
 public:
  explicit OpScope(std::string place);
  ~OpScope();
  OpScope(const OpScope&) = delete;
  OpScope& operator=(const OpScope&) = delete;

  /// While it lives, this thread's ops are asked for their places.
  class Asked {
   public:
    Asked();
    ~Asked();
    Asked(const Asked&) = delete;
    Asked& operator=(const Asked&) = delete;

   private:
    bool outer_;
  };
  /// Whether one lives, or NumberWatch::wanted().
  static bool wanted();

  /// The innermost place, or null.
  static const std::shared_ptr<const std::string>& current();
  /// "op 'log' in layer 'sequential/dense'".
  static std::string described(const std::string& op, const std::shared_ptr<const std::string>& place);

 private:
  std::shared_ptr<const std::string> outer_;
};

}  // namespace lamina::detail
