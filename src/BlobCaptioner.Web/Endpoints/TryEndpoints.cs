using System.Globalization;
using BlobCaptioner.Captioning;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Records;
using BlobCaptioner.Web.Pictures;
using BlobCaptioner.Web.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace BlobCaptioner.Web.Endpoints;

/// <summary>One picture, described or asked about at once. Nothing is stored.</summary>
internal static class TryEndpoints
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(60);

    public static void Map(IEndpointRouteBuilder api, WebContext context, TriedPictures tried)
    {
        api.MapPost("/describe", async (HttpRequest request, CancellationToken cancel) =>
            {
                var (ask, describer) = await ReadAsync(request, context, tried, cancel);
                var record = await describer.DescribeAsync(await ask.PrepareAsync(context, cancel), ask.Profile, draft: null, cancel);
                return Answers.Text(CaptionStore.SerializeLine(record), "application/json", statusCode: record.Status == RecordStatus.Described ? 200 : 422);
            })
            .WithSummary("Describes a picture and answers with its record")
            .WithDescription("multipart/form-data: 'image' (a file) or 'name' (a picture in the container, or its address there; never any other); 'profile' (a name) or 'profileJson'; "
                + "'tokens' (most image tokens). Nothing is stored.")
            .Accepts<IFormFile>("multipart/form-data").Produces(200, contentType: "application/json").Produces(422, contentType: "application/json");
        api.MapPost("/try", async (HttpContext http, CancellationToken cancel) =>
            {
                var (ask, describer) = await ReadAsync(http.Request, context, tried, cancel);
                var began = context.Time.GetTimestamp();
                var picture = await ask.PrepareAsync(context, cancel);
                await using var events = await ServerEvents.BeginAsync(http, cancel);
                await events.SendAsync("prepared", new { ask.PictureId, picture.Error, width = picture.Prepared?.Width, height = picture.Prepared?.Height, ms = Ms(context, began) }, cancel);
                var draft = new CaptionDraft();
                draft.Watch();
                try
                {
                    var answer = describer.DescribeAsync(picture, ask.Profile, draft, cancel);
                    for (var seen = 0; !answer.IsCompleted;)
                    {
                        await Task.WhenAny(answer, Task.Delay(s_look, context.Time, cancel));
                        if (draft.Version is var version && version != seen)
                        {
                            seen = version;
                            await events.SendAsync("draft", new { texts = draft.Read() }, cancel);
                        }
                    }

                    var record = await answer;
                    await events.SendAsync("done", $"{{\"ms\":{Ms(context, began)},\"record\":{CaptionStore.SerializeLine(record)}}}", cancel);
                }
                catch (Exception error) when (!cancel.IsCancellationRequested)
                {
                    var (_, code, detail, remedy) = FailureAnswer.Explain(error);
                    await events.SendAsync("failed", new { code, detail, remedy }, cancel);
                }
            })
            .WithSummary("The same, or a free question, with the answer as it is written (server-sent events)")
            .WithDescription("multipart/form-data as for /api/describe, and 'question' with 'length' (most characters) and 'temperature'; 'pictureId' from an earlier answer in place of the picture, "
                + "whose encoding is reused. Events: prepared, draft, done, failed.")
            .Accepts<IFormFile>("multipart/form-data").Produces(200, contentType: "text/event-stream");
    }

    private static long Ms(WebContext context, long began) => (long)context.Time.GetElapsedTime(began).TotalMilliseconds;

    private static async Task<(TryAsk Ask, FileDescriber Describer)> ReadAsync(HttpRequest request, WebContext context, TriedPictures tried, CancellationToken cancellationToken)
    {
        var model = context.Model ?? throw ApiException.NoModel();
        if (!request.HasFormContentType)
        {
            throw new ApiException(415, "form-missing", "The body is no form.", "Send multipart/form-data with 'image' or 'name'.");
        }

        // A little for the form around the picture.
        var limit = context.ImageOptions.MaxBytes + (1 << 20);
        if (request.ContentLength > limit)
        {
            throw UploadEndpoints.TooLarge("image", request.ContentLength, context);
        }

        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = limit;
        }

        request.HttpContext.Features.Set<IFormFeature>(new FormFeature(request, new FormOptions { MultipartBodyLengthLimit = limit, ValueLengthLimit = 1 << 20 }));
        var form = await request.ReadFormAsync(cancellationToken);
        var (id, name, content) = await PictureAsync(form, context, tried, cancellationToken);
        var profile = await ProfileAsync(form, context, cancellationToken);
        if (form["tokens"].ToString() is { Length: > 0 })
        {
            profile = profile with { ImageTokenBudget = (int)Number(form, "tokens", profile.ImageTokenBudget, 8, 4096) };
        }

        return (new(id, name, content, profile), new(context.Preparer, model, context.Time));
    }

    private static async Task<(string Id, string Name, ReadOnlyMemory<byte> Content)> PictureAsync(
        IFormCollection form, WebContext context, TriedPictures tried, CancellationToken cancellationToken)
    {
        if (form["pictureId"].ToString() is { Length: > 0 } id)
        {
            return tried.Find(id) is { } known
                ? (id, known.Name, known.Content)
                : throw new ApiException(410, "picture-forgotten", "That picture is no longer kept here.", "Send it again.");
        }

        var content = form.Files["image"] is { } file
            ? (file.FileName, await ReadAsync(file.OpenReadStream(), context, cancellationToken))
            : form["name"].ToString() is { Length: > 0 } name
                ? await DownloadAsync(InContainer(name, context), context, cancellationToken)
                : throw new ApiException(400, "picture-missing", "There is no picture.", "Send it as 'image', or name one of the container's as 'name'.");
        return (tried.Keep(content.Item1, content.Item2), content.Item1, content.Item2);
    }

    // The container's own addresses and no others: this server fetches nothing for anybody.
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
        try
        {
            var blob = (await context.Storage.Images.GetBlobClient(name).DownloadStreamingAsync(cancellationToken: cancellationToken)).Value;
            return blob.Details.ContentLength > context.ImageOptions.MaxBytes
                ? throw UploadEndpoints.TooLarge(name, blob.Details.ContentLength, context)
                : (name, await ReadAsync(blob.Content, context, cancellationToken));
        }
        catch (Azure.RequestFailedException error) when (error.Status == 404)
        {
            throw ApiException.NotThere(name);
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(Stream stream, WebContext context, CancellationToken cancellationToken)
    {
        await using var all = stream;
        using var buffer = new MemoryStream();
        await all.CopyToAsync(buffer, cancellationToken);
        return buffer.Length <= context.ImageOptions.MaxBytes ? buffer.ToArray() : throw UploadEndpoints.TooLarge("image", buffer.Length, context);
    }

    private static async Task<Profile> ProfileAsync(IFormCollection form, WebContext context, CancellationToken cancellationToken)
    {
        if (form["question"].ToString() is { Length: > 0 } question)
        {
            try
            {
                return QuestionProfile.Create(question, (int)Number(form, "length", 600, 1, 10_000), (float)Number(form, "temperature", 0.7, 0, 2)) with { ImageTokenBudget = context.Profile.ImageTokenBudget };
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

    private sealed record TryAsk(string PictureId, string Name, ReadOnlyMemory<byte> Content, Profile Profile)
    {
        public Task<FilePicture> PrepareAsync(WebContext context, CancellationToken cancellationToken) =>
            FilePicture.ReadAsync(Name, Content, context.Preparer, Profile.ImageTokenBudget, cancellationToken);
    }
}
