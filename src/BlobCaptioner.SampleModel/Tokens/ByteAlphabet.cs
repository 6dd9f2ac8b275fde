using System.Text;

namespace BlobCaptioner.SampleModel.Tokens;

/// <summary>
/// GPT-2's printable stand-ins for bytes: what is printable in Latin-1 stands for itself, the other 68 bytes for U+0100 and up
/// (https://github.com/openai/gpt-2/blob/master/src/encoder.py, <c>bytes_to_unicode</c>). GGUF files hold tokens and merges in it.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] s_letters = CreateLetters();
    private static readonly Dictionary<char, byte> s_bytes = s_letters.Select((letter, value) => (letter, value)).ToDictionary(p => p.letter, p => (byte)p.value);

    /// <summary>The stand-in of a byte.</summary>
    public static char LetterOf(byte value) => s_letters[value];

    /// <summary>Text to the stand-ins of its UTF-8 bytes, one string each.</summary>
    public static List<string> Split(string text) => [.. Encoding.UTF8.GetBytes(text).Select(b => s_letters[b].ToString())];

    /// <summary>A token's bytes.</summary>
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
