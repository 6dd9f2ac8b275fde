using System.Security.Cryptography;
using System.Text;
using BlobCaptioner.Profiles.Catalogs;

namespace BlobCaptioner.Profiles.Files;

/// <summary>A settings blob as it was read: what it says, or what is wrong with it.</summary>
/// <param name="Value">What it says; null where it is broken.</param>
/// <param name="Problems">What is wrong; empty where nothing is.</param>
/// <param name="Hash">SHA-256 of its bytes, hex; of its ETag where it is too long to be read.</param>
internal sealed record SettingsBlob<T>(T? Value, IReadOnlyList<string> Problems, string Hash)
    where T : class
{
    /// <summary>Reads one.</summary>
    public static SettingsBlob<T> Read(ReadOnlyMemory<byte> content, string name, Func<ReadOnlyMemory<byte>, string, T> parse)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(content.Span));
        try
        {
            return new(parse(content, name), [], hash);
        }
        catch (ProfileException error)
        {
            return new(null, error.Problems, hash);
        }
        catch (CatalogException error)
        {
            return new(null, error.Problems, hash);
        }
    }

    /// <summary>One that is too long.</summary>
    public static SettingsBlob<T> TooLong(string name, long bytes, long limit, string etag) => new(
        null,
        [$"{name}: has {bytes:N0} bytes; the most is {limit:N0}. Split it over folders, or remove what is not needed."],
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(etag))));
}
