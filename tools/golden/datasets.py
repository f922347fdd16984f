"""Golden file of tf.data's deterministic stages: data/datasets.npz.

Entries: cases (JSON, {name: {"elements": [[shape, values], ...], "cardinality": n}}), lengths of the ragged elements.
tests/data/dataset_golden_test.cpp builds the pipeline of each name. Cardinalities are tf.data's: -1 infinite, -2 unknown.
"""
import tempfile

from common import np, rng, save, tf

CASES = {}
D = tf.data.Dataset


def case(name, dataset):
    elements = []
    for element in dataset:
        value = np.asarray(element)
        elements.append([list(value.shape), [int(v) for v in value.ravel()]])
    CASES[name] = {"elements": elements, "cardinality": int(dataset.cardinality().numpy())}


def ragged(lengths):
    """Element i holds lengths[i] times the number i + 1."""
    def generate():
        for i, n in enumerate(lengths):
            yield np.full([n], i + 1, np.int64)
    return D.from_generator(generate, output_signature=tf.TensorSpec([None], tf.int64))


def main():
    for n in (0, 1, 6, 7):
        for drop in (False, True):
            case(f"batch_{n}_{int(drop)}", D.range(n).batch(3, drop_remainder=drop))
    case("batch_of_batches", D.range(11).batch(2).take(5).batch(2))
    case("unbatch", D.range(7).batch(3).unbatch())

    for size, shift, stride in ((3, 3, 1), (3, 1, 1), (2, 5, 1), (3, 2, 2), (1, 4, 3), (4, 3, 3)):
        for drop in (False, True):
            windows = D.range(11).window(size, shift=shift, stride=stride, drop_remainder=drop)
            case(f"window_{size}_{shift}_{stride}_{int(drop)}", windows.flat_map(lambda w, n=size: w.batch(n)))

    for cycle in (1, 2, 3, 5):
        for block in (1, 2, 4):
            dataset = D.range(1, 7).interleave(lambda n: D.range(10 * n, 10 * n + (n * 5) % 7), cycle_length=cycle,
                                               block_length=block, num_parallel_calls=None)
            case(f"interleave_{cycle}_{block}", dataset)
    case("flat_map", D.range(5).flat_map(lambda n: D.range(n)))

    lengths = [int(n) for n in rng("datasets").integers(0, 10, 23)]
    for drop in (False, True):
        case(f"padded_batch_{int(drop)}", ragged(lengths).padded_batch(4, drop_remainder=drop))
        case(f"bucket_{int(drop)}", ragged(lengths).bucket_by_sequence_length(
            lambda x: tf.shape(x)[0], bucket_boundaries=[2, 4, 8], bucket_batch_sizes=[2, 3, 2, 1], drop_remainder=drop))
    case("padded_batch_to_10", ragged(lengths).padded_batch(5, padded_shapes=[10],
                                                           padding_values=tf.constant(-1, tf.int64)))
    case("bucket_to_boundary", ragged(lengths).filter(lambda x: tf.shape(x)[0] < 8).bucket_by_sequence_length(
        lambda x: tf.shape(x)[0], bucket_boundaries=[2, 4, 8], bucket_batch_sizes=[2, 3, 2, 1],
        pad_to_bucket_boundary=True))
    matrices = ragged([1, 2, 0, 3]).map(lambda x: tf.tile(x[:, None], [1, tf.shape(x)[0] + 1]))
    case("padded_batch_matrices", matrices.padded_batch(3, padded_shapes=[None, None]))

    case("take_skip", D.range(10).skip(3).take(4))
    case("skip_all", D.range(3).skip(5))
    case("take_endless", D.range(3).repeat().take(8))
    case("repeat", D.range(3).repeat(2))
    case("repeat_none", D.range(3).repeat(0))
    case("repeat_empty", D.range(0).repeat())
    case("concatenate", D.range(3).concatenate(D.range(7, 9)))
    case("shard", D.range(10).shard(3, 1))
    case("shard_unbatched", D.range(10).batch(4).unbatch().shard(4, 3))
    case("filter", D.range(9).filter(lambda n: n % 3 == 1))
    case("range_down", D.range(9, 0, -4))
    case("cache_repeat", D.range(3).cache().repeat(2))
    case("prefetch", D.range(3).prefetch(2))
    case("enumerate", D.range(7, 10).enumerate().map(lambda i, n: tf.stack([i, n])))
    case("enumerate_from", D.range(7, 12).enumerate(start=-2).map(lambda i, n: tf.stack([i, n])).skip(1).repeat(2))
    with tempfile.TemporaryDirectory() as folder:
        squares = D.range(5).map(lambda n: n * n).cache(f"{folder}/squares")
        case("cache_file_left_early", squares.take(2))  # leaves no file that would be used
        case("cache_file", squares.repeat(2))
        # Who finds a file reads it.
        case("cache_file_again", D.range(5).map(lambda n: n * n).cache(f"{folder}/squares").skip(1))
    # A buffer of one element, and what a shuffle leaves as it was.
    case("shuffle_one", D.range(6).shuffle(1, seed=1))
    save("data/datasets", cases=CASES, lengths=np.array(lengths))


if __name__ == "__main__":
    main()
