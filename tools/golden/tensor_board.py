"""Golden file formats/tensor_board.npz: the bytes of an event file that TensorFlow writes, with the times of its events 0:
`first` and `second`, the messages, and `records`, both with lengths and checksums as they stand in the file."""
import pathlib
import struct
import tempfile

from common import np, save, tf


def main():
    with tempfile.TemporaryDirectory() as folder:
        writer = tf.summary.create_file_writer(folder)
        with writer.as_default():
            # What tf.summary.scalar does, which needs the package tensorboard.
            metadata = tf.compat.v1.SummaryMetadata(
                plugin_data=tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars"), data_class="DATA_CLASS_SCALAR")
            tf.summary.write("epoch_loss", tf.constant(0.5), step=3, metadata=metadata)
        writer.close()
        path, = pathlib.Path(folder).iterdir()
        messages = [r.numpy() for r in tf.data.TFRecordDataset(str(path))]
        version = tf.compat.v1.Event.FromString(messages[0]).file_version
        messages = [struct.pack("<Bd", 0x09, 0.0) + m[9:] for m in messages]  # the time is the first field
        records = pathlib.Path(folder) / "again"
        with tf.io.TFRecordWriter(str(records)) as again:
            for message in messages:
                again.write(message)
        save("formats/tensor_board", version=version,
             first=np.frombuffer(messages[0], np.uint8), second=np.frombuffer(messages[1], np.uint8),
             records=np.frombuffer(records.read_bytes(), np.uint8))
        print(messages)


if __name__ == "__main__":
    main()
