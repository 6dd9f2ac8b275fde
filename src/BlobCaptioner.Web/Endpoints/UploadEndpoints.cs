using Azure;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Storage;
using BlobCaptioner.Web.Api;
using BlobCaptioner.Web.Index;
using BlobCaptioner.Web.Pictures;
using BlobCaptioner.Web.Setup;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace BlobCaptioner.Web.Endpoints;

/// <summary>Uploads to the container.</summary>
internal static class UploadEndpoints
{
    public static void Map(IEndpointRouteBuilder api, WebContext context, IndexSync sync)
    {
        api.MapPut("/image", async Task<Ok<Uploaded>> (string name, bool? replace, HttpRequest request, CancellationToken cancel) =>
            {
                var image = PictureNames.Image(name);
                LimitBody(request, image, context.ImageOptions.MaxBytes, context);
                var options = new BlobUploadOptions
                {
                    HttpHeaders = new() { ContentType = ContentTypes.Of(image) },
                    Conditions = replace == true ? null : new() { IfNoneMatch = ETag.All },
                };
                try
                {
                    var blob = await context.Storage.Images.GetBlobClient(image).UploadAsync(request.Body, options, cancel);
                    sync.Wake();
                    context.OnUpload?.Invoke(image);
                    return TypedResults.Ok(new Uploaded(image, blob.Value.ETag.Plain()));
                }
                catch (BadHttpRequestException error) when (error.StatusCode == 413)
                {
                    throw TooLarge(image, length: null, context);
                }
                catch (RequestFailedException error) when (error.IsConflict())
                {
                    throw new ApiException(409, "exists", $"A picture '{image}' exists already.", "Send it with replace=true, or under another name.");
                }
            })
            .WithSummary("Uploads a picture")
            .WithDescription("The body is the file. A name that exists already is refused (409) unless replace=true.");
    }

    /// <summary>Refuses a body over the limit, and accepts up to that limit in place of the server's.</summary>
    internal static void LimitBody(HttpRequest request, string name, long limit, WebContext context)
    {
        if (request.ContentLength > limit)
        {
            throw TooLarge(name, request.ContentLength, context);
        }

        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = limit;
        }
    }

    // The same message as intake's.
    internal static ApiException TooLarge(string name, long? length, WebContext context)
    {
        var why = Images.Rejections.TooLarge(name, length, context.ImageOptions);
        return new(413, why.Code, why.Message, why.Remedy);
    }
}
