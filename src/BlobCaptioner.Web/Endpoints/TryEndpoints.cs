using System.Globalization;
using System.Net.ServerSentEvents;
using BlobCaptioner.Captioning;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Records;
using BlobCaptioner.Web.Api;
using BlobCaptioner.Web.Live;
using BlobCaptioner.Web.Pictures;
using BlobCaptioner.Web.Security;
using BlobCaptioner.Web.Setup;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace BlobCaptioner.Web.Endpoints;

/// <summary>Describes one picture, or answers a question about it, at once. Nothing is stored.</summary>
internal static class TryEndpoints
{
    private static readonly TimeSpan s_draftInterval = TimeSpan.FromMilliseconds(60);

    // A form has a few short fields besides the picture.
    private const int MostFields = 16;

    public static void Map(IEndpointRouteBuilder api, WebContext context, TriedPictures tried, TryGate gate)
    {
        api.MapPost("/describe", async (HttpContext http) =>
            {
                var place = await gate.EnterAsync(http);
                CaptionRecord? record = null;
                await place.RunAsync(async cancel =>
                {
                    var asked = await ReadAsync(http.Request, context, gate, tried, keeps: false, cancel);
                    record = await asked.Describer.DescribeAsync(asked.Picture, asked.Profile, draft: null, cancel).WaitAsync(cancel);
                });
                return Results.Text(CaptionStore.SerializeLine(record!), "application/json", statusCode: record!.Status == RecordStatus.Described ? 200 : 422);
            })
            .WithSummary("Describes a picture and answers with its record")
            .WithDescription("multipart/form-data: 'image' (a file) or 'name' (a picture in the container, or its address there; no other address); 'profile' (a name) or 'profileJson'; "
                + "'tokens' (most image tokens). Nothing is stored.")
            .Accepts<IFormFile>("multipart/form-data").Produces(200, contentType: "application/json").Produces(422, contentType: "application/json");
        api.MapPost("/try", async (HttpContext http) =>
            {
                var place = await gate.EnterAsync(http);
                var began = context.Time.GetTimestamp();
                TryRequest? asked = null;
                await place.RunAsync(async cancel => asked = await ReadAsync(http.Request, context, gate, tried, keeps: true, cancel));
                return GalleryEndpoints.Stream(http, DescribeAsync(asked!, began, place, context));
            })
            .WithSummary("Describes a picture or answers a free question, with the text as it is written (server-sent events)")
            .WithDescription("multipart/form-data as for /api/describe, and 'question' with 'length' (most characters) and 'temperature'. 'pictureId' from an earlier answer replaces the picture "
                + "and reuses its encoding. Events: prepared, draft, done, failed; alive is to be ignored.")
            .Accepts<IFormFile>("multipart/form-data");
    }

    private static async IAsyncEnumerable<SseItem<string>> DescribeAsync(TryRequest request, long began, TryPlace place, WebContext context)
    {
        var (picture, cancellationToken) = (request.Picture, place.Token);
        yield return LiveFeed.EventOf(
            "prepared", new { request.PictureId, picture.Error, width = picture.Prepared?.Width, height = picture.Prepared?.Height, ms = Milliseconds(context, began) });
        var draft = new CaptionDraft();
        draft.Watch();
        var answer = request.Describer.DescribeAsync(picture, request.Profile, draft, cancellationToken);
        var (sentVersion, sentAt) = (0, context.Time.GetTimestamp());
        while (!answer.IsCompleted && !cancellationToken.IsCancellationRequested)
        {
            await Task.WhenAny(answer, Task.Delay(s_draftInterval, context.Time, cancellationToken));
            var version = draft.Version;
            if (version != sentVersion || context.Time.GetElapsedTime(sentAt) >= LiveFeed.AliveInterval)
            {
                sentAt = context.Time.GetTimestamp();
                yield return version == sentVersion ? LiveFeed.Alive : LiveFeed.EventOf("draft", new { texts = draft.Read() });
                sentVersion = version;
            }
        }

        await ((Task)answer).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (cancellationToken.IsCancellationRequested && place.Overdue is null)
        {
            yield break;
        }

        if (answer.IsCompletedSuccessfully)
        {
            yield return new($"{{\"ms\":{Milliseconds(context, began)},\"record\":{CaptionStore.SerializeLine(await answer)}}}", "done");
        }
        else
        {
            var (_, code, detail, remedy) = ProblemResponses.Explain(place.Overdue ?? answer.Exception?.InnerException ?? new OperationCanceledException());
            yield return LiveFeed.EventOf("failed", new { code, detail, remedy });
        }
    }

    private static long Milliseconds(WebContext context, long began) => (long)context.Time.GetElapsedTime(began).TotalMilliseconds;

    // The file is in memory only here: a form keeps it on disk, and the model gets the prepared image.
    private static async Task<TryRequest> ReadAsync(
        HttpRequest request, WebContext context, TryGate gate, TriedPictures tried, bool keeps, CancellationToken cancellationToken)
    {
        var model = context.Model ?? throw ApiException.NoModel();
        var form = await FormAsync(request, context, cancellationToken);
        var profile = await ProfileAsync(form, context, cancellationToken);
        if (form["tokens"].ToString() is { Length: > 0 })
        {
            profile = profile with { ImageTokenBudget = (int)Number(form, "tokens", profile.ImageTokenBudget, 8, 4096) };
        }

        var (id, picture) = await gate.PrepareAsync(
            async () =>
            {
                var (known, name, content) = await PictureAsync(form, context, tried, keeps, cancellationToken);
                return (known, await FilePicture.ReadAsync(name, content, context.Preparer, profile.ImageTokenBudget, cancellationToken));
            },
            form.Files["image"]?.Length ?? 0,
            cancellationToken);
        return new(id, picture, profile, new(context.Preparer, model, context.Time));
    }

    private static async Task<IFormCollection> FormAsync(HttpRequest request, WebContext context, CancellationToken cancellationToken)
    {
        if (!request.HasFormContentType)
        {
            throw new ApiException(415, "form-missing", "The body is not a form.", "Send multipart/form-data with 'image' or 'name'.");
        }

        // The form around the picture needs some room too.
        var limit = context.ImageOptions.MaxBytes + (1 << 20);
        UploadEndpoints.LimitBody(request, "image", limit, context);
        request.HttpContext.Features.Set<IFormFeature>(
            new FormFeature(request, new FormOptions { MultipartBodyLengthLimit = limit, ValueLengthLimit = 1 << 20, ValueCountLimit = MostFields }));
        try
        {
            // Given the token, the form would abort the connection when the time is over, and nobody would read why.
            request.Body = new RequestBody(request.Body, cancellationToken);
            var form = await request.ReadFormAsync(CancellationToken.None);
            return form.Any(f => f.Key.Contains('\0', StringComparison.Ordinal) || f.Value.Any(v => v?.Contains('\0', StringComparison.Ordinal) == true))
                ? throw new ApiException(400, "form-invalid", "A field of the form holds a NUL character.", "Leave it out.")
                : form;
        }
        catch (Exception error) when (error is InvalidDataException || error.GetType() == typeof(IOException))
        {
            throw new ApiException(400, "form-invalid", $"The form can't be read: {error.Message}", $"Send multipart/form-data with at most {MostFields} fields of 1 MB each.");
        }
    }

    private static async Task<(string Id, string Name, ReadOnlyMemory<byte> Content)> PictureAsync(
        IFormCollection form, WebContext context, TriedPictures tried, bool keeps, CancellationToken cancellationToken)
    {
        if (form["pictureId"].ToString() is { Length: > 0 } id)
        {
            return tried.Find(id) is { } known
                ? (id, known.Name, known.Content)
                : throw new ApiException(410, "picture-forgotten", "The picture is no longer kept.", "Send it again.");
        }

        var (name, content) = form.Files["image"] is { } file
            ? (file.FileName, await ReadAsync(file.OpenReadStream(), file.Length, context, cancellationToken))
            : form["name"].ToString() is { Length: > 0 } named
                ? await DownloadAsync(InContainer(named, context), context, cancellationToken)
                : throw new ApiException(400, "picture-missing", "The request has no picture.", "Send it as 'image', or name a picture of the container as 'name'.");
        return (keeps ? tried.Keep(name, content) : "", name, content);
    }

    // Only addresses in this container: the server must not fetch others for a visitor.
    private static string InContainer(string name, WebContext context)
    {
        if (!name.Contains("://", StringComparison.Ordinal))
        {
            return PictureNames.Image(name);
        }

        var container = context.Storage.Images.Uri.AbsoluteUri.TrimEnd('/') + "/";
        return Uri.TryCreate(name, UriKind.Absolute, out var uri) && uri.GetLeftPart(UriPartial.Path) is var path && path.StartsWith(container, StringComparison.OrdinalIgnoreCase)
            ? PictureNames.Image(Uri.UnescapeDataString(path[container.Length..]))
            : throw new ApiException(400, "url-foreign", $"'{name}' is not in the container {container}", "Upload the picture, or send it as 'image'.");
    }

    private static async Task<(string Name, ReadOnlyMemory<byte> Content)> DownloadAsync(string name, WebContext context, CancellationToken cancellationToken)
    {
        var blob = await context.OpenAsync(name, cancellationToken);
        return (name, await ReadAsync(blob.Content, blob.Details.ContentLength, context, cancellationToken));
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(Stream stream, long length, WebContext context, CancellationToken cancellationToken)
    {
        await using var all = stream;
        if (length > context.ImageOptions.MaxBytes)
        {
            throw UploadEndpoints.TooLarge("image", length, context);
        }

        // One block of the right size: a buffer that grows would be there three times.
        var content = GC.AllocateUninitializedArray<byte>((int)length);
        await all.ReadExactlyAsync(content, cancellationToken);
        return content;
    }

    private static async Task<Profile> ProfileAsync(IFormCollection form, WebContext context, CancellationToken cancellationToken)
    {
        if (form["question"].ToString() is { Length: > 0 } question)
        {
            try
            {
                var profile = QuestionProfile.Create(question, (int)Number(form, "length", 600, 1, 10_000), (float)Number(form, "temperature", 0.7, 0, 2));
                return profile with { ImageTokenBudget = context.Profile.ImageTokenBudget };
            }
            catch (ArgumentException error)
            {
                throw new ApiException(400, "question-invalid", error.Message, $"1 to {QuestionProfile.MaxQuestionCharacters} characters.");
            }
        }

        if (form["profileJson"].ToString() is { Length: > 0 } json)
        {
            return ProfileEndpoints.Parse(json);
        }

        return form["profile"].ToString() is not { Length: > 0 } name || name == context.Profile.Name
            ? context.Profile
            : await context.Folders.FindProfileAsync(name, cancellationToken)
                ?? throw new ApiException(400, "profile-unknown", $"There is no profile '{name}'.", $"Built in: {string.Join(", ", BuiltInProfiles.Names)}.");
    }

    private static double Number(IFormCollection form, string name, double value, double least, double most)
    {
        var text = form[name].ToString();
        return text.Length == 0 ? value
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
            : throw new ApiException(400, "number-invalid", $"'{name}' is '{text}'.", string.Create(CultureInfo.InvariantCulture, $"Give {least} to {most}."));
    }

    private sealed record TryRequest(string PictureId, FilePicture Picture, Profile Profile, FileDescriber Describer);
}
