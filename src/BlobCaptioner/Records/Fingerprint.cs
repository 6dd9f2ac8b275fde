using System.Security.Cryptography;
using System.Text;

namespace BlobCaptioner.Records;

/// <summary>SHA-256 over all that decides an image's copy. Equal means that there is nothing to do.</summary>
public static class Fingerprint
{
    /// <summary>Computes it.</summary>
    /// <param name="contentHash">SHA-256 of the image's bytes, hex; empty where unknown.</param>
    /// <param name="preparation">Version and options of the preparation, pixel budget included.</param>
    /// <param name="profileVersion">The profile's version; it covers the sampler.</param>
    /// <param name="modelHash">The model's hash; empty where no model was asked.</param>
    /// <returns>64 lower-case hex digits.</returns>
    public static string Compute(string contentHash, string preparation, string profileVersion, string modelHash) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{contentHash}\n{preparation}\n{profileVersion}\n{modelHash}")));
}
