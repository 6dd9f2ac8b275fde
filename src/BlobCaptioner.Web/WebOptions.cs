using System.ComponentModel.DataAnnotations;

namespace BlobCaptioner.Web;

/// <summary>Where the page is served, and to whom.</summary>
public sealed record WebOptions : IValidatableObject
{
    /// <summary>Address to listen at. Default loopback; any other needs a <see cref="Token"/> or <see cref="PlatformSignIn"/>.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>TCP port; 0 takes a free one. Default 7860.</summary>
    [Range(0, 65535)]
    public int Port { get; init; } = 7860;

    /// <summary>Host names under which the page may be reached beside loopback's; a request with another one is refused, which stops DNS rebinding.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>What a visitor must show once (<c>/?token=…</c>) and a program each time (<c>Authorization: Bearer …</c>), 16 characters or more; null for nothing.</summary>
    [MinLength(16)]
    public string? Token { get; init; }

    /// <summary>
    /// True trusts <c>X-MS-CLIENT-PRINCIPAL-NAME</c>, which Azure's App Service and Container Apps authentication set and take out of what visitors send, and refuses requests
    /// without it. Only behind such a platform: anybody can send a header to a bare port.
    /// </summary>
    public bool PlatformSignIn { get; init; }

    /// <summary>File of the search index; made anew where it is missing or broken.</summary>
    public required string IndexPath { get; init; }

    /// <summary>Shortest time between two listings of the container. Default 2 s; a listing never takes more than a tenth of the time.</summary>
    public TimeSpan ListingInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>True where the address is this machine's own.</summary>
    public bool IsLoopback => Address is "localhost" || (System.Net.IPAddress.TryParse(Address, out var ip) && System.Net.IPAddress.IsLoopback(ip));

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Address is not "localhost" && !System.Net.IPAddress.TryParse(Address, out _))
        {
            yield return new($"'{Address}' is no address to listen at. Give an IP address: 127.0.0.1 for this machine only, 0.0.0.0 for all.");
        }
        else if (!IsLoopback && Token is null && !PlatformSignIn)
        {
            yield return new($"'{Address}' can be reached from other machines: give --token, or --platform-sign-in behind Azure's authentication.");
        }
    }
}
