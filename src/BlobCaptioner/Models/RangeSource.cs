using System.Net.Http.Headers;

namespace BlobCaptioner.Models;

/// <summary>One file at a server: asks for ranges of it, follows redirects, and believes no answer that contradicts itself or the catalogue.</summary>
internal sealed class RangeSource(HttpClient http, Uri address, string? token, CatalogFile file, TimeProvider time)
{
    private const int MaxRedirects = 10;
    private static readonly TimeSpan s_longestWait = TimeSpan.FromMinutes(5);

    /// <summary>Where it starts to ask.</summary>
    public Uri Address => address;

    /// <summary>Asks for a range.</summary>
    /// <param name="from">First byte.</param>
    /// <param name="to">The byte after the last; the answer may end before it.</param>
    /// <param name="whole">True to ask for the whole file without naming a range.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TransferException">It may work another time.</exception>
    /// <exception cref="StartOverException">The server knows no ranges, or lies about them.</exception>
    /// <exception cref="ModelException">It won't work another time.</exception>
    public async Task<RangeBody> OpenAsync(long from, long to, bool whole, CancellationToken cancellationToken)
    {
        var (response, linkedTag) = await SendAsync(whole ? null : new RangeHeaderValue(from, to - 1), cancellationToken);
        try
        {
            Check(response, whole);
            var end = whole ? file.Bytes : CheckRange(response, from, to);
            var validator = linkedTag ?? response.Headers.ETag?.ToString() ?? response.Content.Headers.LastModified?.ToString("R");
            return new(response, await response.Content.ReadAsStreamAsync(cancellationToken), end, validator);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    // The library's redirects would drop the token also where they stay on the host, and follow https to http.
    private async Task<(HttpResponseMessage Response, string? LinkedTag)> SendAsync(RangeHeaderValue? range, CancellationToken cancellationToken)
    {
        var target = address;
        string? linkedTag = null;
        for (var redirects = 0; ; redirects++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, target);
            request.Headers.Range = range;
            request.Headers.AcceptEncoding.Add(new("identity"));
            if (token is not null && IsSameHost(target))
            {
                request.Headers.Authorization = new("Bearer", token);
            }

            HttpResponseMessage response;
            try
            {
                response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            }
            catch (HttpRequestException ex)
            {
                throw new TransferException($"{target.Host} can't be reached: {ex.Message}", ex);
            }

            // Hugging Face names the file's SHA-256 here; the servers that it sends to name what they like
            linkedTag ??= response.Headers.TryGetValues("X-Linked-ETag", out var tags) ? tags.First() : null;
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308))
            {
                return (response, linkedTag);
            }

            using (response)
            {
                var location = response.Headers.Location ?? throw new ModelException($"{target.Host} redirects '{file.Name}' to nowhere. Try another source or mirror.");
                var next = new Uri(target, location);
                if (next.Scheme is not ("http" or "https") || (target.Scheme == "https" && next.Scheme == "http"))
                {
                    throw new ModelException($"{target.Host} redirects '{file.Name}' to {next.Scheme}://{next.Host}, which is not followed. Try another source or mirror.");
                }

                target = next;
            }

            if (redirects == MaxRedirects)
            {
                throw new ModelException($"{address.Host} redirects '{file.Name}' more than {MaxRedirects} times. Try another source or mirror.");
            }
        }
    }

    private void Check(HttpResponseMessage response, bool whole)
    {
        var from = response.RequestMessage?.RequestUri ?? address;
        switch ((int)response.StatusCode)
        {
            case 206 when !whole:
                break;
            case 200 when response.Content.Headers.ContentLength is { } length && length != file.Bytes:
                throw new ModelException(
                    $"{from.Host} has {length:N0} bytes ({response.Content.Headers.ContentType?.MediaType ?? "no type"}) under the name '{file.Name}'; " +
                    $"it must be {file.Bytes:N0}. Try another source or mirror.");
            case 200 when whole:
                break;
            case 200:
                throw new StartOverException($"{from.Host} sends whole files only") { WithoutRanges = true };
            case 401 or 403 when IsSameHost(from):
                throw new ModelException(
                    $"{from.Host} refuses '{file.Name}' with {(int)response.StatusCode}. If it needs an access token, set HF_TOKEN (Hugging Face); or try another source or mirror.");
            case 404 or 410:
                throw new ModelException($"{from.Host} has no '{file.Name}' ({(int)response.StatusCode} for {from.AbsolutePath}). Try another source or mirror.");
            case 416:
                throw new ModelException($"{from.Host} has a shorter '{file.Name}' than the {file.Bytes:N0} bytes of the catalogue. Try another source or mirror.");
            case 401 or 403 or 408 or 425 or 429 or >= 500:
                throw Refused(response, from);
            default:
                throw new ModelException($"{from.Host} answers the request for '{file.Name}' with {(int)response.StatusCode}. Try another source or mirror.");
        }

        if (response.Content.Headers.ContentEncoding.Any(e => e != "identity"))
        {
            throw new ModelException($"{from.Host} sends '{file.Name}' encoded as {string.Join(", ", response.Content.Headers.ContentEncoding)}. Try another source or mirror.");
        }
    }

    private TransferException Refused(HttpResponseMessage response, Uri from)
    {
        var wait = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => (TimeSpan?)null,
        };
        if (wait > s_longestWait)
        {
            throw new ModelException(
                $"{from.Host} answers with {(int)response.StatusCode} and asks to wait for {wait.Value.TotalMinutes:0} minutes. " +
                "What was received is kept: pull again then, or from another source or mirror.");
        }

        return new($"{from.Host} answers with {(int)response.StatusCode} {response.ReasonPhrase}") { RetryAfter = wait < TimeSpan.Zero ? TimeSpan.Zero : wait };
    }

    /// <summary>Returns the byte after the last one of a partial answer.</summary>
    private long CheckRange(HttpResponseMessage response, long from, long to)
    {
        var range = response.Content.Headers.ContentRange;
        if (range is not { Unit: "bytes", From: { } first, To: { } last } || first != from || last < first || last >= to)
        {
            throw new StartOverException($"{address.Host} was asked for bytes {from}-{to - 1} and says it sends '{range}'") { WithoutRanges = true };
        }

        if (range.Length is { } length && length != file.Bytes)
        {
            throw new ModelException($"{address.Host} has {length:N0} bytes under the name '{file.Name}'; it must be {file.Bytes:N0}. Try another source or mirror.");
        }

        if (response.Content.Headers.ContentLength is { } body && body != last + 1 - first)
        {
            throw new StartOverException($"{address.Host} says it sends bytes {range} in a body of {body:N0}") { WithoutRanges = true };
        }

        return last + 1;
    }

    private bool IsSameHost(Uri target) => Uri.Compare(target, address, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0;
}
