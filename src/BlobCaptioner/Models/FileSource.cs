using System.Net.Http.Headers;

namespace BlobCaptioner.Models;

/// <summary>One file at a server. Follows redirects and refuses answers that contradict themselves or the catalogue.</summary>
internal sealed class FileSource(HttpClient http, Uri address, string? token, CatalogFile file, TimeProvider time)
{
    private const int MaxRedirects = 10;
    private const string OtherSource = "Try another source or mirror.";
    private static readonly TimeSpan s_longestWait = TimeSpan.FromMinutes(5);

    /// <summary>The first address that is asked; redirects may lead elsewhere.</summary>
    public Uri Address => address;

    /// <summary>Asks for the file, or for the rest of it.</summary>
    /// <param name="from">Bytes that are here. 0 asks for the whole file; otherwise the server may still send the whole file.</param>
    /// <param name="validator">Validator of the bytes that are here; null if none is known.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TransferException">A later request may succeed.</exception>
    /// <exception cref="ModelException">A later request won't succeed either.</exception>
    public async Task<FileBody> OpenAsync(long from, string? validator, CancellationToken cancellationToken)
    {
        var (response, linkedTag) = await SendAsync(from, validator, cancellationToken);
        try
        {
            CheckStatus(response, from);
            var (start, end) = (int)response.StatusCode == 200 ? (0, file.Bytes) : (from, EndOfRange(response, from));
            var found = linkedTag ?? response.Headers.ETag?.ToString() ?? response.Content.Headers.LastModified?.ToString("R");
            return new(response, await response.Content.ReadAsStreamAsync(cancellationToken), start, end, found);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    // The library's redirects would drop the token on the same host too, and hide X-Linked-ETag.
    private async Task<(HttpResponseMessage Response, string? LinkedTag)> SendAsync(long from, string? validator, CancellationToken cancellationToken)
    {
        var target = address;
        string? linkedTag = null;
        for (var redirects = 0; redirects <= MaxRedirects; redirects++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, target);
            request.Headers.AcceptEncoding.Add(new("identity"));
            if (token is not null && IsSameHost(target))
            {
                request.Headers.Authorization = new("Bearer", token);
            }

            if (from > 0)
            {
                request.Headers.Range = new(from, file.Bytes - 1);

                // A linked tag identifies the file; the server behind the link has other ETags. RFC 9110 allows strong ETags only.
                if (linkedTag is null && EntityTagHeaderValue.TryParse(validator, out var tag) && !tag.IsWeak)
                {
                    request.Headers.IfRange = new(tag);
                }
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

            // Hugging Face sends the file's SHA-256 here.
            linkedTag ??= response.Headers.TryGetValues("X-Linked-ETag", out var tags) ? tags.First() : null;
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308))
            {
                return (response, linkedTag);
            }

            using (response)
            {
                target = TargetOf(response, target);
            }
        }

        throw new ModelException($"{address.Host} redirects '{file.Name}' more than {MaxRedirects} times. {OtherSource}");
    }

    private Uri TargetOf(HttpResponseMessage response, Uri from)
    {
        var location = response.Headers.Location ?? throw new ModelException($"{from.Host} redirects '{file.Name}' without an address. {OtherSource}");
        var target = new Uri(from, location);
        return target.Scheme is "http" or "https" && (from.Scheme == "http" || target.Scheme == "https")
            ? target
            : throw new ModelException($"{from.Host} redirects '{file.Name}' to {target.Scheme}://{target.Host}, which is not followed. {OtherSource}");
    }

    private void CheckStatus(HttpResponseMessage response, long from)
    {
        var asked = response.RequestMessage?.RequestUri ?? address;
        var content = response.Content.Headers;
        switch ((int)response.StatusCode)
        {
            case 206 when from > 0:
            case 200 when content.ContentLength is null || content.ContentLength == file.Bytes:
                break;
            case 200:
                throw new ModelException(
                    $"{asked.Host} has {content.ContentLength:N0} bytes ({content.ContentType?.MediaType ?? "no type"}) under the name '{file.Name}'; " +
                    $"it must be {file.Bytes:N0}. {OtherSource}");
            case 401 or 403 when IsSameHost(asked):
                throw new ModelException(
                    $"{asked.Host} refuses '{file.Name}' with {(int)response.StatusCode}. If it needs an access token, set HF_TOKEN (Hugging Face); or try another source or mirror.");
            case 404 or 410:
                throw new ModelException($"{asked.Host} has no '{file.Name}' ({(int)response.StatusCode} for {asked.AbsolutePath}). {OtherSource}");
            case 416:
                throw new ModelException($"{asked.Host} has a shorter '{file.Name}' than the {file.Bytes:N0} bytes of the catalogue. {OtherSource}");
            case 401 or 403 or 408 or 425 or 429 or >= 500:
                throw Refused(response, asked);
            default:
                throw new ModelException($"{asked.Host} answers the request for '{file.Name}' with {(int)response.StatusCode}. {OtherSource}");
        }

        if (content.ContentEncoding.Any(e => e != "identity"))
        {
            throw new ModelException($"{asked.Host} sends '{file.Name}' encoded as {string.Join(", ", content.ContentEncoding)}. {OtherSource}");
        }
    }

    private TransferException Refused(HttpResponseMessage response, Uri asked)
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
                $"{asked.Host} answers with {(int)response.StatusCode} and asks to wait for {wait.Value.TotalMinutes:0} minutes. " +
                "What was received is kept: pull again then, or from another source or mirror.");
        }

        return new($"{asked.Host} answers with {(int)response.StatusCode} {response.ReasonPhrase}") { RetryAfter = wait < TimeSpan.Zero ? TimeSpan.Zero : wait };
    }

    private long EndOfRange(HttpResponseMessage response, long from)
    {
        var range = response.Content.Headers.ContentRange;
        if (range is not { Unit: "bytes", From: { } first, To: { } last } || first != from || last < first || last >= file.Bytes)
        {
            throw new TransferException($"{address.Host} was asked for bytes {from}-{file.Bytes - 1} and says it sends '{range}'") { CannotResume = true };
        }

        if (range.Length is { } length && length != file.Bytes)
        {
            throw new ModelException($"{address.Host} has {length:N0} bytes under the name '{file.Name}'; it must be {file.Bytes:N0}. {OtherSource}");
        }

        return response.Content.Headers.ContentLength is not { } body || body == last + 1 - first
            ? last + 1
            : throw new TransferException($"{address.Host} says it sends bytes {range} in a body of {body:N0}") { CannotResume = true };
    }

    private bool IsSameHost(Uri target) => Uri.Compare(target, address, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0;
}

/// <summary>An answer whose headers are valid; its body is still to be read.</summary>
/// <param name="Response">The answer; owned by this.</param>
/// <param name="Stream">The bytes.</param>
/// <param name="Start">Index in the file of the first byte.</param>
/// <param name="End">Index in the file after the last byte, at most the file's length.</param>
/// <param name="Validator">ETag or date of the file's version; null if the server gives none.</param>
internal sealed record FileBody(HttpResponseMessage Response, Stream Stream, long Start, long End, string? Validator) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Response.Dispose();
}

/// <summary>A request failed and may succeed later.</summary>
internal sealed class TransferException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>How long the server asks to wait; null if it doesn't say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>True if the server answers wrongly for a part of the file: the next request must ask for all of it.</summary>
    public bool CannotResume { get; init; }
}
