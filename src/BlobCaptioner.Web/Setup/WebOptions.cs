using System.ComponentModel.DataAnnotations;

namespace BlobCaptioner.Web.Setup;

/// <summary>Address of the page and who may open it.</summary>
public sealed record WebOptions : IValidatableObject
{
    /// <summary>The port if none is given.</summary>
    public const int DefaultPort = 7860;

    /// <summary>IP address to listen at, or <c>localhost</c>. Default 127.0.0.1; any other than loopback needs a <see cref="Token"/> or <see cref="PlatformSignIn"/>.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>TCP port, 0 to 65535; 0 takes any free one. Null, the default, takes <see cref="DefaultPort"/>.</summary>
    [Range(0, 65535)]
    public int? Port { get; init; }

    /// <summary>Host names that are accepted beside those of loopback. Requests for other hosts are refused, which stops DNS rebinding. Default none.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>
    /// The token that a visitor gives once (<c>/?token=…</c>) and a program with each request (<c>Authorization: Bearer …</c>); at least 16 characters.
    /// Null, the default, asks for none.
    /// </summary>
    [MinLength(16)]
    public string? Token { get; init; }

    /// <summary>
    /// True requires and trusts the header <c>X-MS-CLIENT-PRINCIPAL-NAME</c>, which the authentication of Azure App Service and Container Apps sets. Only safe behind such a
    /// platform, since anybody can send a header to an open port. Default false.
    /// </summary>
    public bool PlatformSignIn { get; init; }

    /// <summary>File of the search index. It is created if it is missing or damaged.</summary>
    public required string IndexPath { get; init; }

    /// <summary>Shortest time between two listings of the container. Default 2 s; longer if listings take more than a tenth of the time.</summary>
    public TimeSpan ListingInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>True where the address is this machine's own.</summary>
    public bool IsLoopback => Address is "localhost" || (System.Net.IPAddress.TryParse(Address, out var ip) && System.Net.IPAddress.IsLoopback(ip));

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Address is not "localhost" && !System.Net.IPAddress.TryParse(Address, out _))
        {
            yield return new($"'{Address}' is not an address to listen at. Give an IP address: 127.0.0.1 for this machine only, 0.0.0.0 for all.");
        }
        else if (!IsLoopback && Token is null && !PlatformSignIn)
        {
            yield return new($"'{Address}' can be reached from other machines: give --token, or --platform-sign-in behind Azure's authentication.");
        }
    }
}
