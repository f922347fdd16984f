"""Golden files of the layers for sequences: nn/layers/<case>.npz, with the entries that layers.py describes.

Embedding takes its ids as float32, as everything in these files is; no gradient flows to them.

nn/recurrent/<case>.npz has calls with masks, first states and several outputs: config, input, weight_<i>, and
where the call has them mask (bool) and state_<i> (initial_state); output_<i> of the inference call and, for a
stateful layer, again_<i> of a second one. gradient_input and gradient_<i> are those of sum(output_0 * upstream).
"""
import layers as golden
from common import fill, keras, normal, np, numbered, rng, save, tf, weight_names
from keras import layers

case = golden.case


def embedding_case(name, layer, shape):
    """As layers.case, for ids."""
    generator = rng(name)
    ids = generator.integers(0, layer.input_dim, size=shape).astype("float32")
    layer(ids)
    fill(layer, generator)
    weights = [w.numpy() for w in layer.weights]
    with tf.GradientTape() as tape:
        training = layer(ids, training=True)
        upstream = normal(rng(name + " upstream"), tuple(training.shape))
        value = tf.reduce_sum(training * upstream)
    gradient = tf.convert_to_tensor(tape.gradient(value, layer.embeddings.value))
    config = keras.layers.serialize(layer)
    config["config"]["name"] = name
    save(
        f"nn/layers/{name}",
        config=config,
        input=ids,
        upstream=upstream,
        output=layer(ids, training=False).numpy(),
        output_training=training.numpy(),
        input_gradient=0 * ids,
        weight_names=weight_names(layer),
        gradient_0=gradient.numpy(),
        **numbered("weight", weights),
        **numbered("weight_after", weights),
    )


def flat(outputs):
    return [t.numpy() for t in keras.tree.flatten(outputs)]


def call_case(name, layer, shape, mask=None, states=()):
    """A call with arguments by keyword."""
    generator = rng(name)
    x = tf.constant(normal(generator, shape))
    layer.build(shape)
    fill(layer, generator)
    arguments = {}
    if mask is not None:
        arguments["mask"] = tf.constant(mask)
    if states:
        states = [normal(generator, s) for s in states]
        arguments["initial_state"] = [tf.constant(s) for s in states]
    entries = numbered("weight", [w.numpy() for w in layer.weights])
    outputs = flat(layer(x, **arguments))
    if getattr(layer, "stateful", False):
        entries.update(numbered("again", flat(layer(x, **arguments))))
        layer.reset_state()
    with tf.GradientTape() as tape:
        tape.watch(x)
        first = keras.tree.flatten(layer(x, **arguments))[0]
        upstream = normal(rng(name + " upstream"), tuple(first.shape))
        value = tf.reduce_sum(first * upstream)
    gradients = tape.gradient(value, [x] + [w.value for w in layer.trainable_weights], unconnected_gradients="zero")
    if mask is not None:
        entries["mask"] = np.asarray(mask)
    config = keras.layers.serialize(layer)
    config["config"]["name"] = name
    save(
        f"nn/recurrent/{name}",
        config=config,
        input=x.numpy(),
        upstream=upstream,
        gradient_input=gradients[0].numpy(),
        **numbered("gradient", [g.numpy() for g in gradients[1:]]),
        **numbered("state", states),
        **numbered("output", outputs),
        **entries,
    )


# Leading, inner and trailing steps masked; all; none.
MASK = np.array([[0, 1, 1, 0, 1, 1], [1, 1, 0, 0, 1, 0], [0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1]], dtype=bool)


def calls():
    shape = (4, 6, 3)
    both = {"return_sequences": True, "return_state": True}
    call_case("lstm_mask", layers.LSTM(4, **both), shape, MASK)
    call_case("lstm_mask_last", layers.LSTM(4, return_state=True), shape, MASK)
    call_case("lstm_mask_backwards", layers.LSTM(4, go_backwards=True, **both), shape, MASK)
    call_case("lstm_mask_zero_output", layers.LSTM(4, zero_output_for_mask=True, **both), shape, MASK)
    call_case("lstm_mask_states", layers.LSTM(4, **both), shape, MASK, [(4, 4), (4, 4)])
    call_case("lstm_stateful", layers.LSTM(4, stateful=True, **both), shape)
    call_case("gru_mask", layers.GRU(4, **both), shape, MASK)
    call_case("gru_mask_other_activation", layers.GRU(4, activation="gelu", **both), shape, MASK)
    call_case("gru_states", layers.GRU(4, reset_after=False, **both), shape, None, [(4, 4)])
    call_case("simple_rnn_mask", layers.SimpleRNN(4, **both), shape, MASK)
    call_case("simple_rnn_mask_zero_output_other_activation",
              layers.SimpleRNN(4, activation="gelu", go_backwards=True, zero_output_for_mask=True, **both), shape, MASK)
    stacked = [layers.LSTMCell(4, name="lower"), layers.GRUCell(3, name="upper")]
    call_case("stacked_mask", layers.RNN(layers.StackedRNNCells(stacked, name="stacked"), go_backwards=True,
                                         return_sequences=True), shape, MASK)
    for mode in ("concat", None):
        label = mode or "none"
        call_case(f"bidirectional_{label}_mask", layers.Bidirectional(layers.LSTM(4, name="lstm", **both),
                                                                      merge_mode=mode), shape, MASK)
        call_case(f"bidirectional_{label}_mask_last",
                  layers.Bidirectional(layers.GRU(4, name="gru"), merge_mode=mode), shape, MASK)
    call_case("bidirectional_states", layers.Bidirectional(layers.LSTM(4, name="lstm", **both), merge_mode="sum"),
              shape, None, [(4, 4)] * 4)


def main():
    calls()
    embedding_case("embedding", layers.Embedding(7, 4), (3, 5))
    embedding_case("reversible_embedding", layers.ReversibleEmbedding(7, 4, logit_soft_cap=5.0), (3, 5))
    embedding_case("embedding_one_axis", layers.Embedding(5, 3, embeddings_regularizer="l2"), (6,))
    embedding_case("embedding_mask_zero", layers.Embedding(6, 2, mask_zero=True, embeddings_constraint="unit_norm"),
                   (2, 3, 2))
    case("masking", layers.Masking(), (2, 4, 3))
    case("masking_value", layers.Masking(mask_value=-1.5), (2, 4, 1))
    case("repeat_vector", layers.RepeatVector(3), (2, 5))
    case("permute", layers.Permute((2, 1)), (2, 3, 4))
    case("permute_rank4", layers.Permute((3, 1, 2)), (2, 3, 4, 5))

    case("simple_rnn", layers.SimpleRNN(5), (3, 6, 4))
    case("simple_rnn_sequences", layers.SimpleRNN(5, activation="relu", return_sequences=True, go_backwards=True,
                                                  kernel_regularizer="l2", bias_constraint="non_neg"), (3, 6, 4))
    case("simple_rnn_no_bias", layers.SimpleRNN(3, use_bias=False, activation="softsign", unroll=True), (2, 5, 4))
    case("gru", layers.GRU(5), (3, 6, 4))
    case("gru_sequences", layers.GRU(5, return_sequences=True, go_backwards=True), (3, 6, 4))
    case("gru_reset_before", layers.GRU(4, reset_after=False, return_sequences=True), (3, 6, 4))
    case("gru_no_bias", layers.GRU(4, use_bias=False, recurrent_activation="hard_sigmoid"), (3, 6, 2))
    case("gru_other_activation", layers.GRU(4, activation="gelu", return_sequences=True), (3, 7, 2))
    case("gru_reset_before_other_activation", layers.GRU(4, activation="gelu", reset_after=False), (3, 7, 2))
    case("lstm", layers.LSTM(5), (3, 6, 4))
    case("lstm_sequences", layers.LSTM(5, return_sequences=True, zero_output_for_mask=True), (3, 6, 4))
    case("lstm_backwards", layers.LSTM(5, return_sequences=True, go_backwards=True, unit_forget_bias=False),
         (3, 6, 4))
    case("lstm_no_bias", layers.LSTM(3, use_bias=False, activation="relu", recurrent_activation="hard_sigmoid"),
         (2, 4, 3))
    case("lstm_other_activation", layers.LSTM(3, activation="gelu", return_sequences=True, go_backwards=True),
         (2, 9, 3))
    case("lstm_one_step", layers.LSTM(3), (2, 1, 3))
    case("lstm_seed", layers.LSTM(3, seed=7, recurrent_regularizer="l1", kernel_constraint="max_norm"), (2, 3, 3))

    case("rnn_lstm_cell", layers.RNN(layers.LSTMCell(4, name="cell"), return_sequences=True), (2, 5, 3))
    case("rnn_gru_cell", layers.RNN(layers.GRUCell(4, name="cell"), go_backwards=True), (2, 5, 3))
    case("rnn_simple_cell", layers.RNN(layers.SimpleRNNCell(4, name="cell", seed=3), unroll=True), (2, 5, 3))
    stacked = layers.StackedRNNCells(
        [layers.LSTMCell(4, name="lower"), layers.GRUCell(3, name="middle"), layers.SimpleRNNCell(2, name="upper")],
        name="stacked")
    case("rnn_stacked", layers.RNN(stacked, return_sequences=True, go_backwards=True), (2, 5, 3))

    for mode in ("concat", "sum", "mul", "ave"):
        inner = layers.LSTM(4, return_sequences=mode != "sum", name="lstm")
        case(f"bidirectional_{mode}", layers.Bidirectional(inner, merge_mode=mode), (2, 5, 3))
    case("bidirectional_gru", layers.Bidirectional(layers.GRU(4, reset_after=False, name="gru")), (2, 5, 3))
    backward = layers.LSTM(2, return_sequences=True, go_backwards=True, name="other")
    case("bidirectional_backward_layer",
         layers.Bidirectional(layers.GRU(4, return_sequences=True, name="gru"), backward_layer=backward), (2, 5, 3))

    case("time_distributed_dense", layers.TimeDistributed(layers.Dense(4, activation="tanh", name="dense")), (2, 5, 3))
    case("time_distributed_conv2d", layers.TimeDistributed(layers.Conv2D(2, 3, name="conv")), (2, 3, 5, 5, 2))
    case("time_distributed_normalization",
         layers.TimeDistributed(layers.BatchNormalization(momentum=0.8, name="normalization")), (4, 3, 2))


if __name__ == "__main__":
    main()
