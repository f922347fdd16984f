"""Golden files of every optimizer: nn/optimizers/<case>.npz.

nn/schedules/<case>.npz: a learning-rate schedule's config and its rates at `steps`.
Ten steps from given gradients. Entries: config (JSON of keras.optimizers.serialize), parameter_<i> before,
gradient_<i> (ten stacked along axis 0), after_<i>; state_names (JSON, with dtypes) and state_<j> after the last step.
"""
import re

import numpy as np

from common import keras, normal, numbered, rng, save
from keras import optimizers

SHAPES = [(3, 4), (4,), (2, 2, 1, 3), (5, 1)]
STEPS = 10


def case(name, optimizer, names=None):
    generator = rng("optimizers")  # all cases start from the same numbers
    parameters = [normal(generator, shape) for shape in SHAPES]
    gradients = [normal(generator, (STEPS,) + shape) for shape in SHAPES]
    gradients[3][:, 0] = 0.0  # an entry that never gets a gradient
    gradients[1][::2] *= 10.0  # large enough to be clipped
    config = optimizers.serialize(optimizer)
    variables = [keras.Variable(p, name=names[i] if names else f"p{i}") for i, p in enumerate(parameters)]
    optimizer.build(variables)
    for step in range(STEPS):
        scale = getattr(optimizer, "dynamic_scale", 1.0)
        optimizer.apply([keras.ops.convert_to_tensor(g[step]) * scale for g in gradients], variables)
    save(
        f"nn/optimizers/{name}",
        config=config,
        # Nadam's product has no name of its own: Keras numbers such variables within a process.
        state_names=[{"name": re.sub(r"^variable_\d+$", "variable", v.name), "dtype": v.dtype} for v in optimizer.variables],
        **({"paths": names} if names else {}),
        **numbered("parameter", parameters),
        **numbered("gradient", gradients),
        **numbered("after", [v.numpy() for v in variables]),
        **numbered("state", [v.numpy() for v in optimizer.variables]),
    )


def schedule_case(name, schedule):
    steps = list(range(0, 41)) + [99, 100, 101, 1000, 12345]
    save(
        f"nn/schedules/{name}",
        config=optimizers.schedules.serialize(schedule),
        steps=np.array(steps, np.int64),
        rates=np.array([keras.ops.convert_to_numpy(schedule(keras.ops.convert_to_tensor(s, "int64"))) for s in steps], np.float32),
    )


def schedule_cases():
    s = optimizers.schedules
    schedule_case("exponential", s.ExponentialDecay(0.1, 10, 0.9))
    schedule_case("exponential_staircase", s.ExponentialDecay(0.1, 10, 0.9, staircase=True))
    schedule_case("inverse_time", s.InverseTimeDecay(0.1, 10, 0.5))
    schedule_case("inverse_time_staircase", s.InverseTimeDecay(0.1, 7, 0.5, staircase=True))
    schedule_case("piecewise", s.PiecewiseConstantDecay([5, 10, 20], [1.0, 0.5, 0.1, 0.01]))
    schedule_case("polynomial", s.PolynomialDecay(0.1, 25))
    schedule_case("polynomial_power_cycle", s.PolynomialDecay(0.1, 10, 0.01, power=2.0, cycle=True))
    schedule_case("cosine", s.CosineDecay(0.1, 25, alpha=0.1))
    schedule_case("cosine_warmup", s.CosineDecay(0.01, 20, warmup_target=0.2, warmup_steps=8))
    schedule_case("cosine_restarts", s.CosineDecayRestarts(0.1, 8))
    schedule_case("cosine_restarts_even", s.CosineDecayRestarts(0.1, 9, t_mul=1.0, m_mul=0.8, alpha=0.05))
    schedule_case("cosine_restarts_longer", s.CosineDecayRestarts(0.1, 6, t_mul=1.5, m_mul=0.5))


def later_cases():
    muon, adafactor, free, scaling = (optimizers.Muon, optimizers.Adafactor, optimizers.ScheduleFreeAdamW,
                                      optimizers.LossScaleOptimizer)
    case("muon", muon())
    case("muon_plain", muon(0.02, nesterov=False, rms_rate=None, momentum=0.9, ns_steps=3, weight_decay=None,
                            adam_weight_decay=None, adam_lr_ratio=0.1))
    case("muon_excluded", muon(exclude_layers=["p0"], weight_decay=0.1, adam_weight_decay=0.2))
    case("muon_embedding", muon(), ["kernel", "bias", "filters", "token_Embeddings"])
    case("muon_embedding_kept", muon(exclude_embeddings=False), ["kernel", "bias", "filters", "token_embeddings"])
    case("adafactor", adafactor())
    case("adafactor_rate", adafactor(0.5, relative_step=False, clip_threshold=0.5, beta_2_decay=-0.5, weight_decay=0.01))
    case("adafactor_schedule", adafactor(optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)))
    case("adafactor_ema", adafactor(use_ema=True, ema_momentum=0.5))
    case("schedule_free", free())
    case("schedule_free_warmup", free(0.05, warmup_steps=4, beta_1=0.8, weight_decay=0.02))
    case("schedule_free_accumulated", free(gradient_accumulation_steps=3))
    several, each = optimizers.MultiOptimizer, optimizers.OptimizerMap
    case("multi", several(each(optimizers.SGD(0.1, momentum=0.9, name="sgd"), {"p[12]": optimizers.Adam(0.01, name="adam")})))
    case("multi_paths", several(each(optimizers.RMSprop(name="rmsprop"), {
        "p0": optimizers.SGD(optimizers.schedules.ExponentialDecay(0.1, 2, 0.5), name="sgd"), "p.*": optimizers.Lion(global_clipnorm=1.0, name="lion")})))
    case("multi_ema", several(each(optimizers.Adam(name="adam", use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=3), {
        ".*2": optimizers.Muon(name="muon"), "nothing": optimizers.Adagrad(name="adagrad")}), name="both"))
    case("loss_scale", scaling(optimizers.Adam(0.01, name="adam")))
    case("loss_scale_growing", scaling(optimizers.SGD(0.1, momentum=0.9, name="sgd"), initial_scale=64.0, dynamic_growth_steps=3))
    case("loss_scale_schedule", scaling(optimizers.SGD(optimizers.schedules.ExponentialDecay(0.1, 2, 0.5), name="sgd")))


def main():
    later_cases()
    schedule_cases()
    sgd, adam, rmsprop = optimizers.SGD, optimizers.Adam, optimizers.RMSprop
    case("sgd", sgd())
    case("sgd_momentum", sgd(0.05, momentum=0.9))
    case("sgd_nesterov", sgd(0.05, momentum=0.9, nesterov=True))
    case("sgd_weight_decay", sgd(0.1, weight_decay=0.01))
    case("sgd_clipnorm", sgd(0.1, clipnorm=1.0))
    case("sgd_clipvalue", sgd(0.1, momentum=0.5, clipvalue=0.5))
    case("sgd_global_clipnorm", sgd(0.1, global_clipnorm=1.0))
    case("adam", adam())
    case("adam_betas", adam(0.01, beta_1=0.8, beta_2=0.95, epsilon=1e-4))
    case("adam_amsgrad", adam(0.01, amsgrad=True))
    case("adam_weight_decay", adam(0.01, weight_decay=0.004))
    case("adam_global_clipnorm", adam(0.01, global_clipnorm=2.0))
    case("adamw", optimizers.AdamW(0.01))
    case("rmsprop", rmsprop())
    case("rmsprop_momentum", rmsprop(0.01, rho=0.8, momentum=0.9))
    case("rmsprop_centered", rmsprop(0.01, centered=True))
    schedule = optimizers.schedules.CosineDecay(0.01, 6, warmup_target=0.05, warmup_steps=3)
    case("sgd_schedule", sgd(schedule, momentum=0.9))
    case("adam_schedule", adam(optimizers.schedules.ExponentialDecay(0.05, 2, 0.7), weight_decay=0.01))
    case("rmsprop_centered_momentum", rmsprop(0.01, momentum=0.5, centered=True))
    adagrad, adadelta, adamax, nadam = optimizers.Adagrad, optimizers.Adadelta, optimizers.Adamax, optimizers.Nadam
    ftrl, lion, lamb = optimizers.Ftrl, optimizers.Lion, optimizers.Lamb
    case("adagrad", adagrad())
    case("adagrad_start", adagrad(0.1, initial_accumulator_value=0.0, epsilon=1e-3, clipnorm=1.0))
    case("adadelta", adadelta())
    case("adadelta_rho", adadelta(1.0, rho=0.8, epsilon=1e-4, weight_decay=0.01))
    case("adamax", adamax())
    case("adamax_betas", adamax(0.02, beta_1=0.8, beta_2=0.9, epsilon=1e-3, global_clipnorm=2.0))
    case("nadam", nadam())
    case("nadam_betas", nadam(0.02, beta_1=0.8, beta_2=0.95, epsilon=1e-4, clipvalue=0.5))
    case("nadam_schedule", nadam(optimizers.schedules.ExponentialDecay(0.05, 2, 0.7)))
    case("ftrl", ftrl())
    case("ftrl_regularized",
         ftrl(0.1, learning_rate_power=-0.7, initial_accumulator_value=0.5, l1_regularization_strength=0.3,
              l2_regularization_strength=0.2, l2_shrinkage_regularization_strength=0.1, beta=0.4))
    case("lion", lion())
    case("lion_betas", lion(0.01, beta_1=0.7, beta_2=0.8, weight_decay=0.1))
    case("lamb", lamb())
    case("lamb_betas", lamb(0.02, beta_1=0.8, beta_2=0.95, epsilon=1e-4, weight_decay=0.01))
    # What all optimizers take, with states of one slot, of several groups, and shared by all weights.
    case("sgd_ema", sgd(0.05, momentum=0.9, use_ema=True, ema_momentum=0.8))
    case("adam_ema_overwrite", adam(0.01, amsgrad=True, use_ema=True, ema_momentum=0.7, ema_overwrite_frequency=3))
    case("adam_accumulation", adam(0.01, gradient_accumulation_steps=3, clipnorm=1.0, weight_decay=0.01))
    case("nadam_accumulation_ema", nadam(0.02, gradient_accumulation_steps=2, use_ema=True, ema_momentum=0.6,
                                         ema_overwrite_frequency=2))
    case("rmsprop_accumulation_schedule", rmsprop(schedule, momentum=0.5, gradient_accumulation_steps=4))


if __name__ == "__main__":
    main()
