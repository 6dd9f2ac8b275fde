using System.Text;

namespace BlobCaptioner.SampleModel.Tokens;

/// <summary>
/// GPT-2's printable characters for bytes: a byte that is printable in Latin-1 maps to itself, the other 68 map to U+0100 and up
/// (https://github.com/openai/gpt-2/blob/master/src/encoder.py, <c>bytes_to_unicode</c>). GGUF files hold tokens and merges in it.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] s_letters = CreateLetters();
    private static readonly Dictionary<char, byte> s_bytes = s_letters.Select((letter, value) => (letter, value)).ToDictionary(p => p.letter, p => (byte)p.value);

    /// <summary>The character of a byte.</summary>
    public static char LetterOf(byte value) => s_letters[value];

    /// <summary>The characters of a text's UTF-8 bytes, one string each.</summary>
    public static List<string> Split(string text) => [.. Encoding.UTF8.GetBytes(text).Select(b => s_letters[b].ToString())];

    /// <summary>The bytes of a token in this alphabet.</summary>
    public static byte[] BytesOf(string token) => [.. token.Select(c => s_bytes[c])];

    private static char[] CreateLetters()
    {
        var letters = new char[256];
        var next = 256;
        for (var value = 0; value < 256; value++)
        {
            letters[value] = value is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174 and <= 255) ? (char)value : (char)next++;
        }

        return letters;
    }
}
