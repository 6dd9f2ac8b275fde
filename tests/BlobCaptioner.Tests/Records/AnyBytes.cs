using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace BlobCaptioner.Tests.Records;

/// <summary>Files as bad tools, editors and disks leave them: a sound one with bytes changed, parts cut, doubled or replaced by what nobody expects.</summary>
internal static class AnyBytes
{
    // In the place of a value the file often stays what it is.
    private static readonly byte[][] s_texts = [.. ((string[])["\"\"", "\"ü\"", "\"\\u0000\"", "\"a\\nb\"", "\"\\uFFFE\"", "\"../../x\"", "null", "7", "[]", "{}"]).Select(Encoding.UTF8.GetBytes)];

    private static readonly byte[][] s_parts =
    [
        .. ((string[])
        [
            "null", "[null]", "{\"x\":null}", "[]", "{}", "\"\"", "7", "-1", "1e999", "2147483648", "99999999999999999999999", "true", "\"ü\"", "\"\\ud800\"", "\"\\udc00x\"",
            "\"\\u0000\"", "\"a\\nb\"", "\"\\uFFFE\"", "\"../../x\"", "\"9999-12-31T23:59:59Z\"", "\"0001-01-01T00:00:00+14:00\"", "NaN", ",", ":", "{", "}", "]", "\"", "\\", "//", "\uFEFF",
        ]).Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0],
        Encoding.UTF8.GetBytes(new string('[', 10_000)),
        Encoding.UTF8.GetBytes($"{string.Concat(Enumerable.Repeat("{\"a\":", 100))}1{new string('}', 100)}"),
        Encoding.UTF8.GetBytes($"\"{new string('x', 9_000)}\""),
    ];

    /// <summary>Damaged copies of a file of values between quotes, commas and brackets.</summary>
    public static Arbitrary<byte[]> Of(byte[] sound)
    {
        // Most damage hits a value as a whole, so that the result often still is JSON.
        var values = Values(sound);
        var place = Gen.Choose(0, sound.Length - 1);
        var value = from at in Gen.Choose(0, values.Count - 1) from part in Gen.Elements(s_parts) select new Damage(values[at].Start, values[at].Length, part);
        var text = from at in Gen.Choose(0, values.Count - 1) from part in Gen.Elements(s_texts) select new Damage(values[at].Start, values[at].Length, part);
        var anywhere = from at in place from length in Gen.Choose(0, 40) from part in Gen.Elements(s_parts) select new Damage(at, length, part);
        var flip = from at in place from to in Gen.Choose(0, 255) select new Damage(at, 1, [(byte)to]);
        var copy = from at in place from source in place from length in Gen.Choose(1, 200) select new Damage(at, 0, sound.AsSpan(source, Math.Min(length, sound.Length - source)).ToArray());
        var cut = from at in place select new Damage(at, sound.Length, []);
        return (from damages in Gen.ListOf(Gen.Frequency((8, value), (8, text), (2, anywhere), (2, flip), (2, copy), (1, cut)), 4)
                from count in Gen.Frequency((4, Gen.Constant(1)), (1, Gen.Choose(2, 4)))
                select Apply(sound, [.. damages.Take(count)])).ToArbitrary();
    }

    private static byte[] Apply(byte[] sound, IReadOnlyList<Damage> damages)
    {
        var bytes = sound.ToList();
        foreach (var damage in damages.OrderByDescending(d => d.At))
        {
            var at = Math.Min(damage.At, bytes.Count);
            bytes.RemoveRange(at, Math.Min(damage.Length, bytes.Count - at));
            bytes.InsertRange(at, damage.Part);
        }

        return [.. bytes];
    }

    private static List<(int Start, int Length)> Values(byte[] sound)
    {
        var values = new List<(int, int)>();
        for (int start = 0, i = 0; i <= sound.Length; i++)
        {
            if (i == sound.Length || sound[i] is (byte)',' or (byte)':' or (byte)'{' or (byte)'}' or (byte)'[' or (byte)']' or (byte)'\n' or (byte)';')
            {
                while (start < i && sound[start] == ' ')
                {
                    start++;
                }

                if (i > start)
                {
                    values.Add((start, i - start));
                }

                start = i + 1;
            }
        }

        return values;
    }

    private sealed record Damage(int At, int Length, byte[] Part);
}
