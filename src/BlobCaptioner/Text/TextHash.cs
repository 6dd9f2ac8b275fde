using System.Security.Cryptography;
using System.Text;

namespace BlobCaptioner.Text;

/// <summary>SHA-256 of texts.</summary>
internal static class TextHash
{
    /// <summary>Lower-case hex of the text's UTF-8.</summary>
    /// <param name="text">The text.</param>
    /// <param name="digits">Digits to keep, from the first; 64 are all.</param>
    public static string Of(string text, int digits = 64) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..digits];
}
