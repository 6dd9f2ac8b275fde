using System.Text;
using BlobCaptioner.Inference;

namespace BlobCaptioner.Engine.Decoding;

/// <summary>
/// Reads the head of a GGUF file: what kind it is, and whether it is complete. llama.cpp reads past the end of a cut vision model without an error.
/// </summary>
/// <remarks>Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.</remarks>
internal sealed class GgufFile
{
    private const uint UnsignedType = 4;
    private const uint StringType = 8;
    private const uint ArrayType = 9;

    // Real heads have some 60 values, 2,000 tensors and 20 MB. A file that says more was made to harm, and no loop or buffer follows it.
    private const ulong MostValues = 100_000;
    private const ulong MostTensors = 1_000_000;
    private const ulong MostHeadBytes = 1 << 30;
    private const int MostDepth = 4;
    private const long LargestNumber = 500_000;

    // The format's own limits: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, and GGML_MAX_DIMS.
    private const ulong MostKeyBytes = 65_535;
    private const uint MostDimensions = 4;

    // Bytes of the fixed-size metadata types by number; 0 for the others.
    private static readonly int[] s_valueSizes = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];

    // ggml tensor type -> values and bytes of a block, ggml.c 0.18.0. Others are checked up to their first byte only.
    private static readonly Dictionary<uint, (ulong Values, ulong Bytes)> s_blocks = new()
    {
        [0] = (1, 4), // F32
        [1] = (1, 2), // F16
        [2] = (32, 18), // Q4_0
        [6] = (32, 22), // Q5_0
        [8] = (32, 34), // Q8_0
        [10] = (256, 84), // Q2_K
        [11] = (256, 110), // Q3_K
        [12] = (256, 144), // Q4_K
        [13] = (256, 176), // Q5_K
        [14] = (256, 210), // Q6_K
        [30] = (1, 2), // BF16
    };

    private readonly Dictionary<string, long> _numbers = new(StringComparer.Ordinal);
    private readonly string _path;
    private readonly BinaryReader _reader;

    private GgufFile(string path, BinaryReader reader)
    {
        _path = path;
        _reader = reader;
    }

    /// <summary><c>general.architecture</c>: <c>clip</c> for a vision tower.</summary>
    public string Architecture { get; private set; } = "";

    /// <summary>Size of the whole file.</summary>
    public long Bytes { get; private set; }

    /// <summary>Entries of the vocabulary; 0 in a vision tower.</summary>
    public long Vocabulary { get; private set; }

    /// <summary>A number of the metadata, such as <c>block_count</c>; null if it is missing, or an array with a value for each layer.</summary>
    /// <param name="name">Its name, without the architecture's prefix.</param>
    /// <exception cref="SequenceDecoderException">It is beyond 500,000, ten times what models have, and would make estimates overflow.</exception>
    public long? Number(string name) => !_numbers.TryGetValue($"{Architecture}.{name}", out var value) ? null
        : value <= LargestNumber ? value
        : throw Damaged($"its {name} is {value:N0}; the limit is {LargestNumber:N0}");

    /// <summary>Opens and checks a file.</summary>
    /// <exception cref="SequenceDecoderException">The file is missing, not a GGUF file, cut, or damaged.</exception>
    public static GgufFile Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new SequenceDecoderException($"There is no model file '{path}'. Check the path, or leave it out to use the sample model.");
        }

        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16);
        using var reader = new BinaryReader(stream, Encoding.UTF8);
        var file = new GgufFile(path, reader);
        try
        {
            file.ReadHead();
        }
        catch (EndOfStreamException e)
        {
            throw file.Cut($"it ends after {stream.Length:N0} bytes, inside its head", e);
        }

        return file;
    }

    private SequenceDecoderException Cut(string how, Exception? cause = null)
    {
        var message = $"'{_path}' is cut: {how}. Download or copy it again.";
        return cause is null ? new(message) : new(message, cause);
    }

    private SequenceDecoderException Damaged(string how) => new($"'{_path}' is damaged: {how}. Download or copy it again.");

    private void ReadHead()
    {
        var magic = _reader.ReadBytes(4);
        if (!magic.AsSpan().SequenceEqual("GGUF"u8))
        {
            var hint = magic.AsSpan().SequenceEqual("vers"u8)
                ? "It looks like a Git LFS pointer: run 'git lfs pull'."
                : "Name a model in GGUF format (.gguf); others can be converted with llama.cpp's convert_hf_to_gguf.py.";
            throw new SequenceDecoderException($"'{_path}' is not a GGUF file. {hint}");
        }

        var version = _reader.ReadUInt32();
        if (version is < 2 or > 3)
        {
            throw new SequenceDecoderException($"'{_path}' is GGUF version {version}; versions 2 and 3 are read. Convert the model again with llama.cpp's convert_hf_to_gguf.py.");
        }

        var tensors = _reader.ReadUInt64();
        var values = _reader.ReadUInt64();
        if (tensors > MostTensors || values > MostValues)
        {
            throw Damaged($"its head announces {tensors:N0} tensors and {values:N0} values; the limits are {MostTensors:N0} and {MostValues:N0}");
        }

        ulong alignment = 32;
        for (ulong i = 0; i < values; i++)
        {
            var key = ReadString();
            var type = _reader.ReadUInt32();
            if (type == StringType && string.Equals(key, "general.architecture", StringComparison.Ordinal))
            {
                Architecture = ReadString();
            }
            else if (type == UnsignedType && string.Equals(key, "general.alignment", StringComparison.Ordinal))
            {
                alignment = Math.Max(1, _reader.ReadUInt32());
            }
            else if (type == UnsignedType)
            {
                _numbers[key] = _reader.ReadUInt32();
            }
            else if (type == ArrayType && string.Equals(key, "tokenizer.ggml.tokens", StringComparison.Ordinal))
            {
                SkipArray(depth: 1, out var entries);
                Vocabulary = (long)entries;
            }
            else
            {
                SkipValue(type, depth: 0);
            }
        }

        Bytes = _reader.BaseStream.Length;
        CheckExtent(tensors, alignment);
    }

    private void CheckExtent(ulong tensors, ulong alignment)
    {
        UInt128 end = 0;
        for (ulong i = 0; i < tensors; i++)
        {
            Skip(_reader.ReadUInt64());
            var dimensions = _reader.ReadUInt32();
            if (dimensions > MostDimensions)
            {
                throw Damaged($"a tensor has {dimensions:N0} dimensions; the limit is {MostDimensions}");
            }

            UInt128 elements = 1;
            for (uint d = 0; d < dimensions; d++)
            {
                elements *= _reader.ReadUInt64();
                if (elements > ulong.MaxValue)
                {
                    throw Damaged("a tensor has more values than any file can hold");
                }
            }

            var bytes = s_blocks.TryGetValue(_reader.ReadUInt32(), out var block) ? elements / block.Values * block.Bytes : 1;
            end = UInt128.Max(end, _reader.ReadUInt64() + bytes);
        }

        var data = ((ulong)_reader.BaseStream.Position + alignment - 1) / alignment * alignment;
        var length = (ulong)_reader.BaseStream.Length;
        if (tensors > 0 && data + end > length)
        {
            throw Cut($"it has {length:N0} bytes of {data + end:N0}");
        }
    }

    private void SkipValue(uint type, int depth)
    {
        if (type == StringType)
        {
            Skip(_reader.ReadUInt64());
        }
        else if (type == ArrayType)
        {
            SkipArray(depth + 1, out _);
        }
        else
        {
            Skip((ulong)SizeOf(type));
        }
    }

    private void SkipArray(int depth, out ulong count)
    {
        if (depth > MostDepth)
        {
            throw Damaged($"its metadata holds arrays more than {MostDepth} levels deep");
        }

        var element = _reader.ReadUInt32();
        count = _reader.ReadUInt64();

        // A string is at least its length, an array at least its type and count.
        var isNested = element is StringType or ArrayType;
        var size = element switch { StringType => 8UL, ArrayType => 12UL, _ => (ulong)SizeOf(element) };
        if (count > MostHeadBytes / size)
        {
            throw Damaged($"its metadata holds an array of {count:N0} values; the limit is {MostHeadBytes / size:N0}");
        }

        RequireLeft(count * size);
        if (!isNested)
        {
            Skip(count * size);
            return;
        }

        for (ulong i = 0; i < count; i++)
        {
            SkipValue(element, depth);
        }
    }

    private int SizeOf(uint type) =>
        type < s_valueSizes.Length && s_valueSizes[type] > 0
            ? s_valueSizes[type]
            : throw Damaged($"its metadata holds a value of unknown type {type}");

    private string ReadString()
    {
        var length = _reader.ReadUInt64();
        if (length > MostKeyBytes)
        {
            throw Damaged($"its metadata holds a name of {length:N0} bytes; the limit is {MostKeyBytes:N0}");
        }

        RequireLeft(length);
        return Encoding.UTF8.GetString(_reader.ReadBytes(checked((int)length)));
    }

    private void Skip(ulong bytes)
    {
        RequireLeft(bytes);
        if (bytes <= 4096)
        {
            // Within the buffer: seeking would throw it away.
            Span<byte> scratch = stackalloc byte[(int)bytes];
            _reader.BaseStream.ReadExactly(scratch);
        }
        else
        {
            _reader.BaseStream.Seek((long)bytes, SeekOrigin.Current);
        }
    }

    private void RequireLeft(ulong bytes)
    {
        if (bytes > (ulong)(_reader.BaseStream.Length - _reader.BaseStream.Position))
        {
            throw new EndOfStreamException();
        }

        if (bytes + (ulong)_reader.BaseStream.Position > MostHeadBytes)
        {
            throw Damaged($"its head is longer than {MostHeadBytes:N0} bytes");
        }
    }
}
