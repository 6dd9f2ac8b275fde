using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using System.Text.Unicode;
using System.Xml;
using Azure.Core;
using Azure.Core.Pipeline;

namespace BlobCaptioner.Storage;

/// <summary>
/// Makes XML answers readable that hold characters which XML has no place for, so that one odd blob name or message doesn't hide all others.
/// </summary>
/// <remarks>
/// The Azurite that captioner starts (<c>list-any-name.cjs</c>) writes any name into its listing as it is; one without that answers with an error and no body. A storage account percent-encodes such a name and says so (<c>Name Encoded="true"</c>), which the SDK
/// understands: the same is done here. Elsewhere such a character becomes U+FFFD. A continuation marker is encoded too, and restored in the next request, before it is signed.
/// </remarks>
internal sealed partial class ListingXmlPolicy : HttpPipelinePolicy
{
    private const string EncodedMarker = "percent-encoded:";

    // Carriage returns too: a parser reads them as line feeds.
    private static readonly SearchValues<byte> s_suspects = SearchValues.Create([.. Enumerable.Range(0, 32).Where(c => c is not (9 or 10)).Select(c => (byte)c)]);

    /// <inheritdoc/>
    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        RestoreMarker(message.Request.Uri);
        ProcessNext(message, pipeline);
        Repair(message);
    }

    /// <inheritdoc/>
    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        RestoreMarker(message.Request.Uri);

        // As in every policy of the SDK: otherwise what follows it would leave the caller's scheduler.
        await ProcessNextAsync(message, pipeline).ConfigureAwait(false);
        Repair(message);
    }

    /// <summary>The document, repaired; null where nothing is wrong with it.</summary>
    internal static byte[]? Repair(ReadOnlySpan<byte> xml)
    {
        if (Utf8.IsValid(xml) && !xml.ContainsAny(s_suspects) && xml.IndexOf("&#"u8) < 0 && xml.IndexOf("\uFFFE"u8) < 0 && xml.IndexOf("\uFFFF"u8) < 0)
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(xml);
        text = Names().Replace(text, name => Decode(name.Groups["text"].Value) is var whole && IsPlain(whole)
            ? name.Value
            : $"""<Name Encoded="true">{Uri.EscapeDataString(whole)}</Name>""");
        text = Markers().Replace(text, marker => Decode(marker.Groups["text"].Value) is var whole && IsPlain(whole)
            ? marker.Value
            : $"<NextMarker>{EncodedMarker}{Uri.EscapeDataString(whole)}</NextMarker>");
        text = References().Replace(text, reference => CodeOf(reference.ValueSpan[2..^1]) is { } code && IsXml(code) ? reference.Value : "\uFFFD");
        return Encoding.UTF8.GetBytes(string.Create(text.Length, text, static (repaired, broken) =>
        {
            for (var i = 0; i < broken.Length; i++)
            {
                repaired[i] = XmlConvert.IsXmlChar(broken[i]) || char.IsSurrogate(broken[i]) ? broken[i] : '\uFFFD';
            }
        }));
    }

    private static void Repair(HttpMessage message)
    {
        // Downloads aren't buffered, and their content is none of our business.
        if (message is not { BufferResponse: true, HasResponse: true, Response: { ContentStream: MemoryStream content } response }
            || response.Headers.ContentType?.Contains("xml", StringComparison.OrdinalIgnoreCase) != true)
        {
            return;
        }

        // The SDK throws an XmlException over an error without a body.
        var repaired = response.Status >= 400 && content.Length == 0
            ? Encoding.UTF8.GetBytes($"<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>NoAnswer</Code><Message>{WhyNoBody(message.Request.Uri.Query)}</Message></Error>")
            : Repair(content.TryGetBuffer(out var buffer) ? buffer.AsSpan() : content.ToArray());
        if (repaired is not null)
        {
            response.ContentStream = new MemoryStream(repaired, 0, repaired.Length, writable: false, publiclyVisible: true);
            content.Dispose();
        }
    }

    private static string WhyNoBody(string query) => query.Contains("comp=list", StringComparison.Ordinal)
        ? "Storage could not write the listing. Azurite can't where a blob's name has a control character, U+FFFE or U+FFFF. Delete that blob, or use the Azurite that 'captioner up' starts."
        : "Storage gave no reason.";

    private static void RestoreMarker(RequestUriBuilder address)
    {
        const string Key = "marker=";
        var query = address.Query;
        var start = query.IndexOf(Key + Uri.EscapeDataString(EncodedMarker), StringComparison.Ordinal);
        if (start >= 0)
        {
            start += Key.Length;
            var end = query.IndexOf('&', start) is >= 0 and var next ? next : query.Length;
            address.Query = string.Concat(query.AsSpan(0, start), Uri.UnescapeDataString(query.AsSpan(start, end - start)).AsSpan(EncodedMarker.Length), query.AsSpan(end));
        }
    }

    private static string Decode(string escaped) => WebUtility.HtmlDecode(escaped);

    private static bool IsPlain(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (!IsXml(rune.Value) || rune.Value == '\r')
            {
                return false;
            }
        }

        return true;
    }

    private static int? CodeOf(ReadOnlySpan<char> digits) => digits[0] is 'x' or 'X'
        ? int.TryParse(digits[1..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex) ? hex : null
        : int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? code : null;

    // Source: https://www.w3.org/TR/xml/#charsets.
    private static bool IsXml(int code) => code is 9 or 10 or 13 or (>= 0x20 and <= 0xD7FF) or (>= 0xE000 and <= 0xFFFD) or (>= 0x10000 and <= 0x10FFFF);

    [GeneratedRegex("<Name>(?<text>[^<]*)</Name>", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Names();

    [GeneratedRegex("<NextMarker>(?<text>[^<]*)</NextMarker>", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Markers();

    [GeneratedRegex("&#[xX]?[0-9a-fA-F]*;", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex References();
}
