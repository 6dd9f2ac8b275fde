using System.Security.Cryptography;
using System.Text;

namespace BlobCaptioner.Profiles;

/// <summary>What is to be written about one picture: a profile after its folder's overrides, and the catalogue's facts.</summary>
/// <param name="Profile">The profile.</param>
/// <param name="Facts">The facts.</param>
public sealed record ResolvedProfile(Profile Profile, ProductFacts Facts)
{
    /// <summary>16 hex digits over both: <see cref="Profile.Version"/> itself where there are no facts. A record with another one is out of date.</summary>
    public string Version => Facts.Hash.Length == 0
        ? Profile.Version
        : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Profile.Version}\n{Facts.Hash}")))[..16];
}
