// Stand-ins that keep what a file says and refuse to compute it.
#include "lamina/nn/detail/unknown_objects.h"

#include <algorithm>

#include "lamina/nn/detail/load_notes.h"
#include "lamina/ops/full.h"

namespace lamina::detail {
namespace {

thread_local UnknownObjects* innermost = nullptr;
thread_local int steps_in_making = 0;

// What all stand-ins have: the name and the arguments of what they stand for.
template <class Base>
class StandIn : public Base {
 public:
  StandIn(const Json& json, std::string what) : json_(json), what_(std::move(what)) {}
  std::string class_name() const override {
    return json_.is_string() ? json_.as_string() : json_.at("class_name").as_string();
  }
  Json config() const override {
    const Json* config = json_.find("config");
    return config ? *config : Json::object();
  }

 protected:
  [[noreturn]] void refuse() const {
    throw InvalidArgument(
        what_ + " cannot be used here, and training needs it: register it before loading the model");
  }

 private:
  Json json_;
  std::string what_;
};

class UnknownRegularizer : public StandIn<Regularizer> {
 public:
  using StandIn::StandIn;
  // Layers compute penalties of their outputs in every pass; predictions drop them.
  Tensor operator()(const Tensor& x) const override {
    if (steps_in_making > 0) refuse();
    return zeros(Shape{}, x.dtype());
  }
};

class UnknownConstraint : public StandIn<Constraint> {
 public:
  using StandIn::StandIn;
  Tensor operator()(const Tensor&) const override { refuse(); }
};

// The weights of a model from a file come from there: what they were at first does not matter.
class UnknownInitializer : public StandIn<Initializer> {
 public:
  using StandIn::StandIn;
  Tensor operator()(const TensorType& type, uint64_t, int) const override {
    return zeros(type.shape, type.dtype);
  }
};

template <class Base>
struct StandInOf;
template <>
struct StandInOf<Regularizer> {
  using Type = UnknownRegularizer;
};
template <>
struct StandInOf<Constraint> {
  using Type = UnknownConstraint;
};
template <>
struct StandInOf<Initializer> {
  using Type = UnknownInitializer;
};

}  // namespace

UnknownObjects::Needed::Needed() { ++steps_in_making; }
UnknownObjects::Needed::~Needed() { --steps_in_making; }

UnknownObjects::UnknownObjects() : outer_(innermost) { innermost = this; }
UnknownObjects::~UnknownObjects() { innermost = outer_; }

template <class Base>
std::shared_ptr<const Base> UnknownObjects::stand_in(const std::string& key, const Json& json,
                                                     const std::string& where, const std::string& reason) {
  const Json* class_name = json.is_string() ? &json : json.find("class_name");
  if (!innermost || !class_name || !class_name->is_string()) return nullptr;
  const std::vector<std::string> names = Registry<Base>::names();
  const bool known = std::find(names.begin(), names.end(), class_name->as_string()) != names.end();
  const std::string what =
      std::string("the ") + Base::kKind + " '" + class_name->as_string() + "' (" + key + " of " + where + ")";
  if (!LoadNotes::add(known ? what + ": " + reason : what)) return nullptr;
  innermost->arguments_.emplace_back(key, json);
  return std::make_shared<typename StandInOf<Base>::Type>(json, what);
}

template std::shared_ptr<const Regularizer> UnknownObjects::stand_in(const std::string&, const Json&,
                                                                     const std::string&, const std::string&);
template std::shared_ptr<const Constraint> UnknownObjects::stand_in(const std::string&, const Json&,
                                                                    const std::string&, const std::string&);
template std::shared_ptr<const Initializer> UnknownObjects::stand_in(const std::string&, const Json&,
                                                                     const std::string&, const std::string&);

}  // namespace lamina::detail
