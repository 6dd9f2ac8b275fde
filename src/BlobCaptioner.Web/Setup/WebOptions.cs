using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.Extensions.Options;

namespace BlobCaptioner.Web.Setup;

/// <summary>Address of the page and who may open it.</summary>
public sealed record WebOptions : IValidatableObject
{
    /// <summary>The port if none is given.</summary>
    public const int DefaultPort = 7860;

    /// <summary>Address to listen at. Any other than loopback needs a <see cref="Token"/> or <see cref="PlatformSignIn"/>.</summary>
    /// <value>An IP address or <c>localhost</c>; default <c>127.0.0.1</c>.</value>
    [Required]
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>TCP port.</summary>
    /// <value>0 to 65535; 0 takes any free one. Default null for <see cref="DefaultPort"/>.</value>
    [Range(0, 65535)]
    public int? Port { get; init; }

    /// <summary>Host names under which the page may be reached beside loopback's. Requests with other names are refused, which stops DNS rebinding.</summary>
    /// <value>Default none.</value>
    [Required]
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>The token that a visitor gives once (<c>/?token=…</c>) and a program with each request (<c>Authorization: Bearer …</c>).</summary>
    /// <value>16 characters or more; default null for no token.</value>
    [PasswordPropertyText(true)]
    [MinLength(16, ErrorMessage = "Give a token of at least 16 characters.")]
    public string? Token { get; init; }

    /// <summary>
    /// True trusts <c>X-MS-CLIENT-PRINCIPAL-NAME</c>, which Azure's App Service and Container Apps authentication set and remove from what visitors send, and refuses
    /// requests without it. Only behind such a platform: anybody can send a header to a bare port.
    /// </summary>
    /// <value>Default false.</value>
    public bool PlatformSignIn { get; init; }

    /// <summary>File of the search index; created anew where it is missing or broken.</summary>
    /// <value>Required.</value>
    [Required]
    public required string IndexPath { get; init; }

    /// <summary>Shortest time between two listings of the container. Listings take at most a tenth of the time, whatever this says.</summary>
    /// <value>10 ms to 1 day, default 2 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.01", "1.00:00:00")]
    public TimeSpan ListingInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Most pictures that are tried or described at once for visitors. Four times as many may wait; the rest is refused with 429.</summary>
    /// <value>1 to 64, default 4. Files are prepared one after the other, so that more places take little more memory.</value>
    [Range(1, 64)]
    public int TryConcurrency { get; init; } = 4;

    /// <summary>Longest time for trying or describing one picture, with its upload and the wait for a place.</summary>
    /// <value>10 ms to 1 hour, default 5 min.</value>
    [Range(typeof(TimeSpan), "00:00:00.01", "01:00:00")]
    public TimeSpan TryTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Longest time for one export or its preview.</summary>
    /// <value>10 ms to 1 day, default 1 hour.</value>
    [Range(typeof(TimeSpan), "00:00:00.01", "1.00:00:00")]
    public TimeSpan ExportTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>True if the address is this machine's own.</summary>
    public bool IsLoopback => ListenAddress is { } address && IPAddress.IsLoopback(address);

    /// <summary>The address in its plain form, so that IPv4 written as IPv6 (<c>::ffff:127.0.0.1</c>) is IPv4; null if it is none.</summary>
    internal IPAddress? ListenAddress => string.Equals(Address, "localhost", StringComparison.OrdinalIgnoreCase) ? IPAddress.Loopback
        : !IPAddress.TryParse(Address, out var address) ? null
        : address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <summary>The address and port only, since the token must not reach a log.</summary>
    public override string ToString() => $"{Address}:{Port ?? DefaultPort}";

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ListenAddress is null)
        {
            yield return new($"'{Address}' is not an address to listen at. Give an IP address: 127.0.0.1 for this machine only, 0.0.0.0 for all.");
        }
        else if (!IsLoopback && Token is null && !PlatformSignIn)
        {
            yield return new($"'{Address}' can be reached from other machines: give --token, or --platform-sign-in behind Azure's authentication.");
        }
    }
}

/// <summary>Checks <see cref="WebOptions"/>; generated from its attributes.</summary>
[OptionsValidator]
public sealed partial class WebOptionsValidator : IValidateOptions<WebOptions>;
